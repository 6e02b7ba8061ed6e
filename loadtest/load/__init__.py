"""Load on a stage, from outside: `python -m loadtest.load --url URL --users N`.

Open loop: when each message is due is settled before the run, and its latency counts from then, however late it was
sent. A scenario (`scenario`) says what is due; processes (`worker`) run devices (`device`) over the least socket that
will do (`websocket`), and write journals for `loadtest.checker`; the crew (`crew`) starts them and adds up what they
measured (`measures`); the result (`result`) is judged by the scenario's objectives and drawn as a page (`page`).
"""
