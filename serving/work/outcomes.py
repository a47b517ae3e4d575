"""What may have come of a contact: one code, its words, what it asks for and what it means for the lists."""

from typing import Final, NamedTuple

from crm.clock import DAY, HOUR
from crm.errors import SourceError
from models.target import find


class Outcome(NamedTuple):
    """One button. ``kind`` and ``outcome`` are what the history calls it; ``rest`` is how long the list then
    leaves the subject alone (None: as long as any contact does); ``asks`` is ``when`` or ``why``. What ``ends`` it
    takes the subject off all lists, until another outcome, or they write.
    """

    code: str
    vi: str
    en: str
    kind: str = "call"
    outcome: str | None = "answered"
    asks: str = ""
    rest: int | None = None
    ends: bool = False

    def words(self, lang: str) -> str:
        """The words on the button."""
        return self.vi if lang == "vi" else self.en


NO_ANSWER = Outcome("no_answer", "Không nghe máy", "No answer", outcome="no_answer")
QUOTED = Outcome("quoted", "Đã gửi báo giá", "Quote sent", kind="email", outcome=None, rest=2 * DAY)
CALL_BACK = Outcome("call_back", "Hẹn gọi lại", "Call back later", asks="when")
DO_NOT_CONTACT = Outcome("do_not_contact", "Khách không muốn được gọi", "Asked not to be called")

SALES: Final = (
    NO_ANSWER,
    Outcome("busy", "Máy bận", "Line busy", outcome="busy", rest=2 * HOUR),
    Outcome("unreachable", "Thuê bao", "Unreachable", outcome="unreachable"),
    Outcome("interested", "Quan tâm", "Interested", rest=2 * DAY),
    QUOTED,
    CALL_BACK,
    Outcome("not_now", "Chưa có nhu cầu", "No need now", rest=30 * DAY),
    Outcome("bought_elsewhere", "Mua bên khác", "Bought elsewhere", asks="why", ends=True),
    Outcome("wrong_number", "Sai số", "Wrong number", outcome="wrong_number", ends=True),
    Outcome("duplicate", "Trùng", "Duplicate", kind="note", outcome=None, ends=True),
    DO_NOT_CONTACT,
)
CARE: Final = (
    NO_ANSWER,
    Outcome("renewed", "Đã gia hạn", "Renewed", rest=60 * DAY),
    Outcome("reordered", "Đã đặt lại", "Ordered again", rest=30 * DAY),
    Outcome("complaint_solved", "Đã xử lý khiếu nại", "Complaint resolved", rest=7 * DAY),
    CALL_BACK,
    Outcome("not_kept", "Không giữ được", "Could not be kept", asks="why", ends=True),
    DO_NOT_CONTACT,
)
OF: Final = {"lead": SALES, "deal": SALES, "customer": CARE}

WHYS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "bought_elsewhere": {
        "price": ("Giá tốt hơn", "Better price"),
        "product": ("Sản phẩm hợp hơn", "A product that fits better"),
        "faster": ("Bên kia làm nhanh hơn", "They were faster"),
        "known": ("Quen biết, giới thiệu", "Somebody they know"),
        "other": ("Lý do khác", "Another reason"),
    },
    "not_kept": {
        "price": ("Giá cao", "Price"),
        "service": ("Chưa hài lòng dịch vụ", "Unhappy with the service"),
        "product": ("Sản phẩm không còn hợp", "The product no longer fits"),
        "competitor": ("Chuyển sang bên khác", "Went to a competitor"),
        "closed": ("Ngừng kinh doanh", "Closed their business"),
        "other": ("Lý do khác", "Another reason"),
    },
}
"""The reasons an outcome may ask for."""

BY_CODE: Final = {one.code: one for one in (*SALES, *CARE)}


def of(target: str) -> tuple[Outcome, ...]:
    """The outcomes of a target, in the order of their buttons; raises NotFound for an unknown target."""
    return OF[find(target).subject]


def one(target: str, code: str) -> Outcome:
    """The outcome ``code`` of ``target``; raises SourceError where there is none."""
    found = next((outcome for outcome in of(target) if outcome.code == code), None)
    if found is None:
        todo = f"choose one of {', '.join(outcome.code for outcome in of(target))}"
        raise SourceError("no such outcome", value=code[:50], where=target, todo=todo)
    return found


def said(code: str, lang: str, why: str = "") -> str:
    """An outcome in words, with its reason.

    >>> said("bought_elsewhere", "vi", "price"), said("no_answer", "en")
    ('Mua bên khác: giá tốt hơn', 'No answer')
    """
    found = BY_CODE[code].words(lang)
    if why:
        vi, en = WHYS[code][why]
        reason = vi if lang == "vi" else en
        found = f"{found}: {reason[:1].lower()}{reason[1:]}"
    return found
