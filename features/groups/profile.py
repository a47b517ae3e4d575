"""Who the lead or customer is: source, campaign, product, place, size, as far as it was known then."""

from features.declare import Group, attributes, each, events, reading, says, since, word
from features.selectors import Selector

GROUP = Group(("lead", "customer"), en="Source and profile", vi="Nguồn và hồ sơ")

# Who looks after a record is a colleague's name: it must not become a reason, nor can a new colleague be scored.
CODED = Selector(kind=("change",), other_column="code")
NUMERIC = events("change", code="")

source = says(word("first", "created", "channel"), en="Source", vi="Nguồn", topic="profile channel")
attribute = attributes(CODED, "last", en="{word}", vi="{word}", topic="profile {word}", never=("owner",))
number = each(
    "field", NUMERIC, lambda s: reading("last", s), en="{word}", vi="{word}", unit="number", rest=False,
    topic="profile {word}",
)  # fmt: skip
rest_of_5000 = each(
    "field", NUMERIC, lambda s: reading("last", s) % 5000.0, en="{word} beyond a multiple of 5,000",
    vi="{word}: phần lẻ trên bội số của 5.000", unit="number", rest=False, topic="profile {word}",
)  # fmt: skip
profile_changes = says(
    since("first", "created") - since("last", CODED), unit="days", en="Profile last filled in after {n}",
    vi="Hồ sơ được bổ sung lần cuối sau {n}",
    none_en="Profile not recorded", none_vi="Chưa ghi nhận hồ sơ",
    below_en="Profile filled in from the start", below_vi="Hồ sơ có đủ từ đầu",
)  # fmt: skip
