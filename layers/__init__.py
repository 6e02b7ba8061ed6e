"""The Lambda layers: the domain (`chat/python`) and the third-party libraries that `layers.build` packs from the lock."""
