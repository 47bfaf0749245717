"""Flask-Security put to work on our own accounts: login, second factors, passkeys, forgotten passwords."""
