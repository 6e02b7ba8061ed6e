"""The domain of the chat and its AWS adapters: everything that functions share."""
