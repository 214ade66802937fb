from ildportal.models.account import Membership, User

__all__ = ["Membership", "User"]
