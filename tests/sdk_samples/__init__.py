"""Makes samples of browser consoles: the real JavaScript SDK in Chromium and Firefox, under one fault each."""
