"""The moments of a record's life: one file per canonical table, each says which events its rows become.

An event is ``kind, field, code, channel, direction, value, duration, actor`` at two times. What the
kinds mean, so that features and targets can rely on it (blank where a column is not named):

=====================  ===================================================================================
kind                   what it is
=====================  ===================================================================================
created                the record came to be; channel = the lead's or party's source
change                 an attribute took a value: field = attribute, code = value (text attributes) or
                       value = number; direction = forward | backward for a stage or status whose order is
                       known. Fixed columns at creation; mutable ones only when the change was known.
converted, lost        a lead's outcome; code = lost reason
deal_opened            a deal was opened (code = product, value = amount); deal_won, deal_lost alike
<activity kind>        call, email, meeting, chat, visit, form, campaign, note, or the company's own word:
                       code = outcome, direction = in | out, channel, duration (seconds), actor;
                       field = the company's own finer word (subject_code)
callback_planned       a callback was entered; value = its due time in seconds since 1970
callback_overdue       state: due and not done (known until it is done)
callback_done          code = on_time | late; duration = seconds late (0 when on time)
quote, contract,       one per reference (order, invoice ...), its lines added up: value = amount,
order, delivery,       duration blank, channel; returns and refunds have positive values
return, refund
item                   one per line of an order: code = product, value = amount, field = order | return
invoice                value = amount
invoice_overdue        state: past due and unpaid (known until it is paid); value = amount
payment                value = amount; code = on_time | late; duration = seconds late
subscription           a subscription or its renewal began: code = product, value = amount of the term,
                       field = new | renewal
subscription_active    state: running (known until it ended or its cancellation was known); value = amount
subscription_term      value = planned end in seconds since 1970, known when the term began
subscription_ended     code = cancelled | not_renewed
ticket                 opened: code = category, channel; field = priority
ticket_open            state: open (known until it was known to be resolved)
ticket_replied         first reply: duration = seconds waited
ticket_resolved        duration = seconds from opening
csat                   value = 1..5
=====================  ===================================================================================

A *state* event is visible exactly while the state holds: ``known_at`` when it began to be known,
``known_until`` when it was known to be over. Counting visible ones tells how many hold at a cutoff.
"""

from typing import NamedTuple


class Statement(NamedTuple):
    """SQL that tells moments (``INSERT INTO moment BY NAME``), or fills a table that later ones of its file read.

    Without rows in the table ``of`` it does nothing, and need not be run; nor, where ``said`` names a column of that
    table, without rows that say one of ``words`` there (none named: anything).
    """

    of: str
    sql: str
    said: str = ""
    words: tuple[str, ...] = ()
