"""The Lambda layers: the domain (`chat/python`) and the libraries that `layers.build` packs from the lock."""
