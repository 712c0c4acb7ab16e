"""Updates: the version before, taken from the repository's history, makes state, and today's code goes on with it.

A database, a signing key, a relay's folder, and Slack messages outlive an update, and hub, bot, and relays are not all
updated in the same minute. `former.py` names the commit; scripts `former_*.py` import the packages of that version.
"""
