"""What an operator runs against a deployed stage, with credentials of their own. Nothing of it is deployed."""
