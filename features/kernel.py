"""The one compiled loop: visible events into cells, cells into feature values, one snapshot at a time.

Cells are int64 and live in one small buffer that is reused for every snapshot, so memory stays flat and
sums do not depend on order. Events are walked newest first, in their one total order. The column program is
a stack machine over those cells in float64, cast to float32 last. The same function serves a batch and one
subject, which makes the two equal bit for bit.
"""

import numpy as np
from numba import njit, types

from crm.clock import DAY, HOUR, SECOND, UNKNOWN

# What an event does to cells.
COUNT, VALUE, DURATION, VALUED, TIMED, HIGHEST, DAYS, DISTINCT = range(8)
LAST, FIRST, LAST_VALUE, FIRST_VALUE, LAST_DURATION, FIRST_DURATION, LAST_WORDS, FIRST_WORDS = range(8, 16)
GAP, WAIT, ANSWER = range(16, 19)

# What a column does with cells and with the stack.
NUMBER, TOTAL, PEAK, CELL, AGE, AGE_QUIET, WORD, CLOCK, UNTIL, SPREAD = range(10)
ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, LEAST, MOST, LOG1P, ROOT, KNOWN, EITHER, STORE = range(10, 22)

GAP_TIME, GAP_DAY, GAP_COUNT, GAP_SUM, GAP_SQUARES, GAP_LONGEST, GAP_LATEST = range(7)
WAIT_NEXT, WAIT_COUNT, WAIT_SUM, WAIT_OPEN, WAIT_LONGEST = range(5)


def _array(dtype: types.Type, dims: int, readonly: bool = True) -> types.Array:
    return types.Array(dtype, dims, "C", readonly=readonly)


_I8, _I4, _F8 = _array(types.int64, 1), _array(types.int32, 1), _array(types.float64, 1)
_I8M, _I4M = _array(types.int64, 2), _array(types.int32, 2)
_OUT = _array(types.float32, 2, readonly=False)
_EVENTS = (_I8, _I8, _I8, _I8, _I4, _I8, _I8, _I4, _I4)
_ROWS = (_I4, _I8, _I8, types.int64, types.int64)
_PLAN = (_I8, _I4, _I8M, _I4M, _I8, _I4M, types.int64, types.int64, _I4M, _F8, _I4M, _I4, _I8M)
_SIGNATURE = types.void(*_EVENTS, *_ROWS, *_PLAN, _OUT)


@njit(types.int64(types.int64), cache=True)
def _month(day):
    """Month 1..12 of a day number, by the proleptic Gregorian calendar counted from 1 March 0000."""
    of_era = (day + 719_468) % 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    from_march = (of_year * 5 + 2) // 153
    return from_march + 3 if from_march < 10 else from_march - 9


@njit(types.float64(types.int64, types.int64, _I4), cache=True)
def _clock(what, local, tet):
    """Hour, weekday (Monday is 0), month, days to the next and since the last Tết of a local time."""
    today = local // DAY
    if what == 0:
        return float((local % DAY) // HOUR)
    if what == 1:
        return float((today + 3) % 7)
    if what == 2:
        return float(_month(today))
    if what == 3:
        at = np.searchsorted(tet, today)
        return float(tet[at] - today) if at < tet.shape[0] else np.nan
    at = np.searchsorted(tet, today + 1)
    return float(today - tet[at - 1]) if at > 0 else np.nan


@njit([_SIGNATURE], nogil=True, cache=True, error_model="numpy")
def fill(
    offsets, occurred_at, known_at, known_until, signature, value, duration, actor, day,
    subject, cutoff, local, first_row, last_row,
    edges, op_start, ops, bucket_cell, blank, ids, scratch_rows, scratch_width, program, numbers, words,
    tet, quiet,
    out,
):  # fmt: skip
    """Fills ``out[first_row:last_row]``; see features.plan for the arrays of a plan."""
    cells = np.empty_like(blank)
    seen = np.zeros((max(scratch_rows, 1), max(scratch_width, 1)), dtype=np.int64)
    stack = np.empty(32, dtype=np.float64)
    for row in range(first_row, last_row):
        cells[:] = blank
        moment = cutoff[row]
        begin = offsets[subject[row]]
        end = begin + np.searchsorted(occurred_at[begin : offsets[subject[row] + 1]], moment)
        bucket = 0
        for i in range(end - 1, begin - 1, -1):
            if known_at[i] >= moment or known_until[i] < moment:
                continue
            when = occurred_at[i]
            age = moment - when
            while bucket < edges.shape[0] and age > edges[bucket]:
                bucket += 1
            words_of = signature[i]
            for k in range(op_start[words_of], op_start[words_of + 1]):
                code, cell, row_of_buckets, oldest = ops[k, 0], ops[k, 1], ops[k, 2], ops[k, 3]
                if age > oldest:
                    continue
                if ops[k, 4] == 1 and value[i] < ops[k, 5]:
                    continue
                if ops[k, 4] == 2 and duration[i] < ops[k, 5]:
                    continue
                if code <= DISTINCT:
                    target = bucket_cell[row_of_buckets, bucket]
                    if target < 0 and code < DAYS:
                        continue
                    if code == COUNT:
                        cells[target] += 1
                    elif code == VALUE:
                        if value[i] != UNKNOWN:
                            cells[target] += value[i]
                    elif code == DURATION:
                        if duration[i] != UNKNOWN:
                            cells[target] += duration[i]
                    elif code == VALUED:
                        if value[i] != UNKNOWN:
                            cells[target] += 1
                    elif code == TIMED:
                        if duration[i] != UNKNOWN:
                            cells[target] += 1
                    elif code == HIGHEST:
                        cells[target] = max(cells[target], value[i])
                    elif code == DAYS:
                        if cells[cell] != day[i]:
                            cells[cell] = day[i]
                            if target >= 0:
                                cells[target] += 1
                    else:
                        which = ops[k, 7]
                        mark = actor[i] if which == 2 else ids[words_of, which]
                        if mark >= 0 and seen[ops[k, 6], mark] != row + 1:
                            seen[ops[k, 6], mark] = row + 1
                            if target >= 0:
                                cells[target] += 1
                elif code == LAST:
                    if cells[cell] == UNKNOWN:
                        cells[cell] = when
                elif code == FIRST:
                    cells[cell] = when
                elif code == LAST_VALUE:
                    if cells[cell] == UNKNOWN:
                        cells[cell] = value[i]
                elif code == FIRST_VALUE:
                    if value[i] != UNKNOWN:
                        cells[cell] = value[i]
                elif code == LAST_DURATION:
                    if cells[cell] == UNKNOWN:
                        cells[cell] = duration[i]
                elif code == FIRST_DURATION:
                    if duration[i] != UNKNOWN:
                        cells[cell] = duration[i]
                elif code == LAST_WORDS:
                    if cells[cell] == UNKNOWN:
                        cells[cell] = words_of
                elif code == FIRST_WORDS:
                    cells[cell] = words_of
                elif code == GAP:
                    if cells[cell + GAP_DAY] != day[i]:
                        if cells[cell + GAP_TIME] != UNKNOWN:
                            gap = (cells[cell + GAP_TIME] - when) // SECOND
                            cells[cell + GAP_COUNT] += 1
                            cells[cell + GAP_SUM] += gap
                            cells[cell + GAP_SQUARES] += gap * gap
                            cells[cell + GAP_LONGEST] = max(cells[cell + GAP_LONGEST], gap)
                            if cells[cell + GAP_LATEST] == UNKNOWN:
                                cells[cell + GAP_LATEST] = gap
                        cells[cell + GAP_DAY] = day[i]
                    cells[cell + GAP_TIME] = when
                elif code == WAIT:
                    if cells[cell + WAIT_NEXT] == UNKNOWN:
                        cells[cell + WAIT_OPEN] += 1
                    else:
                        wait = (cells[cell + WAIT_NEXT] - when) // SECOND
                        cells[cell + WAIT_COUNT] += 1
                        cells[cell + WAIT_SUM] += wait
                        cells[cell + WAIT_LONGEST] = max(cells[cell + WAIT_LONGEST], wait)
                else:
                    cells[cell + WAIT_NEXT] = when
        top = -1
        for k in range(program.shape[0]):
            code, a, b = program[k, 0], program[k, 1], program[k, 2]
            if code <= SPREAD:
                top += 1
                x = np.nan
                if code == TOTAL:
                    total = 0
                    for c in range(a, b):
                        total += cells[c]
                    x = float(total)
                elif code == PEAK:
                    highest = UNKNOWN
                    for c in range(a, b):
                        highest = max(highest, cells[c])
                    if highest != UNKNOWN:
                        x = float(highest)
                elif code == NUMBER:
                    x = numbers[a]
                elif code == CELL:
                    if cells[a] != UNKNOWN:
                        x = float(cells[a]) * numbers[b]
                elif code == AGE:
                    if cells[a] != UNKNOWN:
                        x = (moment - cells[a]) / DAY
                elif code == AGE_QUIET:
                    if cells[a] != UNKNOWN:
                        rest = moment - cells[a]
                        for q in range(quiet.shape[0]):
                            rest -= max(0, min(moment, quiet[q, 1]) - max(cells[a], quiet[q, 0]))
                        x = rest / DAY
                elif code == WORD:
                    if cells[a] != UNKNOWN and words[b, cells[a]] >= 0:
                        x = float(words[b, cells[a]])
                elif code == UNTIL:
                    if cells[a] != UNKNOWN:
                        x = (cells[a] * SECOND - moment) / DAY
                elif code == SPREAD:
                    n = cells[a + GAP_COUNT]
                    if n > 0:
                        mean = cells[a + GAP_SUM] / n
                        x = np.sqrt(max(cells[a + GAP_SQUARES] / n - mean * mean, 0.0)) * SECOND / DAY
                elif b < 0 or cells[b] != UNKNOWN:
                    at_local = local[row] if b < 0 else cells[b] + local[row] - moment
                    x = _clock(a, at_local, tet)
                stack[top] = x
            elif code == STORE:
                out[row, a] = stack[top]
                top -= 1
            elif code == LOG1P:
                stack[top] = np.log1p(stack[top])
            elif code == ROOT:
                stack[top] = np.sqrt(stack[top])
            elif code == KNOWN:
                stack[top] = 0.0 if np.isnan(stack[top]) else 1.0
            else:
                x, y = stack[top - 1], stack[top]
                top -= 1
                if code == ADD:
                    x = x + y
                elif code == SUBTRACT:
                    x = x - y
                elif code == MULTIPLY:
                    x = x * y
                elif code == DIVIDE:
                    x = x / y if y != 0.0 else np.nan
                elif code == REMAINDER:
                    x = x % y if y != 0.0 else np.nan
                elif code == LEAST:
                    x = min(x, y) if not (np.isnan(x) or np.isnan(y)) else np.nan
                elif code == MOST:
                    x = max(x, y) if not (np.isnan(x) or np.isnan(y)) else np.nan
                elif np.isnan(x):
                    x = y
                stack[top] = x
