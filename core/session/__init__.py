"""One user's session: what is searched, selected, quoted, bought, downloaded and reported right now.

``state`` holds it, ``controller`` changes it by starting tasks over the services. DCC-agnostic: a host's
panels draw the state and call the controller, both on the main thread.
"""
