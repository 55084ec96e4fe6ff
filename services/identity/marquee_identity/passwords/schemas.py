"""Changing and resetting a password, in."""

from marquee_identity.accounts.schemas import GivenCode
from marquee_identity.passwords.policy import NewPassword
from marquee_identity.users.names import Email, GivenPassword
from marquee_shared.schemas import RequestModel


class PasswordChange(RequestModel):
    """A new password, by who knows the present one."""

    current_password: GivenPassword
    new_password: NewPassword


class ResetRequest(RequestModel):
    """Whose password is forgotten."""

    email: Email


class ResetConfirm(RequestModel):
    """A new password, by who got the code."""

    email: Email
    code: GivenCode
    new_password: NewPassword
