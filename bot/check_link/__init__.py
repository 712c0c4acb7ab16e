"""The check link: a customer opens it, the browser runs checks, and the result counts as one more relay's."""
