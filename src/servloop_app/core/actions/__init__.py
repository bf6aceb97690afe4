"""Actions of the core: the mechanism, and what is done to units, people, roles and tokens."""

from servloop_app.core.actions.base import Action, Actor, Done, actions, build, execute, secret, undo

__all__ = ["Action", "Actor", "Done", "actions", "build", "execute", "secret", "undo"]
