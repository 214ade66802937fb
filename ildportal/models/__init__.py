from ildportal.models.account import Membership, User
from ildportal.models.token import ApiToken

__all__ = ["ApiToken", "Membership", "User"]
