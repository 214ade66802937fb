from ildportal.models.account import Membership, User
from ildportal.models.standing import Answer, StoredStanding, StoredVerdict
from ildportal.models.token import ApiToken

__all__ = ["Answer", "ApiToken", "Membership", "StoredStanding", "StoredVerdict", "User"]
