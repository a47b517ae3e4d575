"""The one compiled loop: visible events into cells, cells into feature values, a lane of snapshots at a time.

Cells are int64 and live in small buffers that are reused for every snapshot, so memory stays flat and sums
do not depend on order. Events are walked newest first, in their one total order. The column program is a
stack machine that runs each instruction over a lane of snapshots in float64, cast to float32 last. The same
function serves a batch and one subject, which makes the two equal bit for bit.
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
ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, LEAST, KNOWN, EITHER, STORE = range(10, 19)

GAP_TIME, GAP_DAY, GAP_COUNT, GAP_SUM, GAP_SQUARES, GAP_LONGEST, GAP_LATEST = range(7)
WAIT_NEXT, WAIT_COUNT, WAIT_SUM, WAIT_OPEN, WAIT_LONGEST = range(5)


def _array(dtype: types.Type, dims: int, readonly: bool = True) -> types.Array:
    return types.Array(dtype, dims, "C", readonly=readonly)


_I8, _I4, _F8 = _array(types.int64, 1), _array(types.int32, 1), _array(types.float64, 1)
_I8M, _I4M = _array(types.int64, 2), _array(types.int32, 2)
_OUT = _array(types.float32, 2, readonly=False)
_EVENTS = (_I8, _I8, _I8, _I8, _I4, _I8, _I8, _I4, _I4)
_ROWS = (_I4, _I8, _I8, types.int64, types.int64)
_CELL_PLAN = (_I8, _I4, _I4M, _I8M, _I4M, _I4M)
_COLUMN_PLAN = (_I4M, _F8, _I4M, _I4, _I8M)
_PLAN = (*_CELL_PLAN, _I8, types.int64, types.int64, *_COLUMN_PLAN)
_SIGNATURE = types.void(*_EVENTS, *_ROWS, *_PLAN, _OUT)
_CELLS, _LANES = _array(types.int64, 1, False), _array(types.int64, 2, False)
_SPAN = (types.int64, types.int64, types.int64, types.int64)
_STACK = _array(types.float64, 2, False)
LANE = 64
"""Snapshots that share one run of the column program: their cells and stack fit in the second-level cache."""
STACK = 32


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


@njit(
    [types.void(*_EVENTS[1:], *_SPAN, *_CELL_PLAN, _CELLS, _LANES)],
    nogil=True, cache=True, error_model="numpy",
)  # fmt: skip
def _walk(
    occurred_at, known_at, known_until, signature, value, duration, actor, day,
    begin, end, moment, stamp,
    edges, op_start, op_stop, ops, bucket_cell, ids,
    cells, seen,
):  # fmt: skip
    """Adds the visible events of rows ``begin:end`` to one snapshot's cells, newest first."""
    bucket = 0
    for i in range(end - 1, begin - 1, -1):
        if known_at[i] >= moment or known_until[i] < moment:
            continue
        when = occurred_at[i]
        age = moment - when
        while bucket < edges.shape[0] and age > edges[bucket]:
            bucket += 1
        words_of = signature[i]
        for k in range(op_start[words_of], op_stop[words_of, bucket]):
            code, cell = ops[k, 0], ops[k, 1]
            if ops[k, 3] != 0:
                number = value[i] if ops[k, 3] == 1 else duration[i]
                if number < ops[k, 4]:
                    continue
            if code <= DISTINCT:
                target = bucket_cell[ops[k, 2], bucket]
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
                        cells[target] += 1
                else:
                    mark = actor[i] if ops[k, 6] == 2 else ids[words_of, ops[k, 6]]
                    if mark >= 0 and seen[ops[k, 5], mark] != stamp:
                        seen[ops[k, 5], mark] = stamp
                        cells[target] += 1
            elif age > ops[k, 7]:
                continue
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


@njit(cache=True, error_model="numpy")
def _age_quiet(since, moment, quiet):
    """Days from ``since`` to ``moment`` outside the quiet spans."""
    if since == UNKNOWN:
        return np.nan
    rest = moment - since
    for q in range(quiet.shape[0]):
        rest -= max(0, min(moment, quiet[q, 1]) - max(since, quiet[q, 0]))
    return rest / DAY


@njit(cache=True, error_model="numpy")
def _push(code, a, b, lanes, first, n, cutoff, local, numbers, words, tet, quiet, to):
    """One reading of cells for every snapshot of the lane."""
    if code == TOTAL:
        if b == a + 1:
            for j in range(n):
                to[j] = lanes[a, j]
        else:
            for j in range(n):
                total = lanes[a, j]
                for c in range(a + 1, b):
                    total += lanes[c, j]
                to[j] = total
    elif code == PEAK:
        for j in range(n):
            highest = lanes[a, j]
            for c in range(a + 1, b):
                highest = max(highest, lanes[c, j])
            to[j] = float(highest) if highest != UNKNOWN else np.nan
    elif code == NUMBER:
        for j in range(n):
            to[j] = numbers[a]
    elif code == CELL:
        for j in range(n):
            to[j] = float(lanes[a, j]) * numbers[b] if lanes[a, j] != UNKNOWN else np.nan
    elif code == AGE:
        for j in range(n):
            to[j] = (cutoff[first + j] - lanes[a, j]) / DAY if lanes[a, j] != UNKNOWN else np.nan
    elif code == UNTIL:
        for j in range(n):
            to[j] = (lanes[a, j] * SECOND - cutoff[first + j]) / DAY if lanes[a, j] != UNKNOWN else np.nan
    elif code == WORD:
        for j in range(n):
            index = words[b, lanes[a, j]] if lanes[a, j] != UNKNOWN else -1
            to[j] = float(index) if index >= 0 else np.nan
    elif code == SPREAD:
        for j in range(n):
            count = lanes[a + GAP_COUNT, j]
            mean = lanes[a + GAP_SUM, j] / count
            spread = np.sqrt(max(lanes[a + GAP_SQUARES, j] / count - mean * mean, 0.0))
            to[j] = spread * SECOND / DAY if count > 0 else np.nan
    elif code == AGE_QUIET:
        for j in range(n):
            to[j] = _age_quiet(lanes[a, j], cutoff[first + j], quiet)
    else:
        for j in range(n):
            at_local = local[first + j]
            if b >= 0:
                at_local += lanes[b, j] - cutoff[first + j]
            to[j] = np.nan if b >= 0 and lanes[b, j] == UNKNOWN else _clock(a, at_local, tet)


@njit(cache=True, error_model="numpy")
def _combine(code, n, x, y):
    """``x`` becomes the operation of ``x`` and ``y``; unknown where either is, but for EITHER."""
    if code == ADD:
        for j in range(n):
            x[j] = x[j] + y[j]
    elif code == SUBTRACT:
        for j in range(n):
            x[j] = x[j] - y[j]
    elif code == MULTIPLY:
        for j in range(n):
            x[j] = x[j] * y[j]
    elif code == DIVIDE:
        for j in range(n):
            x[j] = x[j] / y[j] if y[j] != 0.0 else np.nan
    elif code == REMAINDER:
        for j in range(n):
            x[j] = x[j] % y[j] if y[j] != 0.0 else np.nan
    elif code == LEAST:
        for j in range(n):
            x[j] = np.nan if np.isnan(x[j]) or np.isnan(y[j]) else min(x[j], y[j])
    else:
        for j in range(n):
            x[j] = y[j] if np.isnan(x[j]) else x[j]


@njit(
    [types.void(_LANES, types.int64, types.int64, _I8, _I8, *_COLUMN_PLAN, _STACK, _OUT)],
    nogil=True, cache=True, error_model="numpy",
)  # fmt: skip
def _columns(lanes, first, n, cutoff, local, program, numbers, words, tet, quiet, stack, out):
    """Runs the column program over the cells ``lanes[cell, snapshot]`` of ``n`` snapshots."""
    top = -1
    for k in range(program.shape[0]):
        code, a, b = program[k, 0], program[k, 1], program[k, 2]
        if code <= SPREAD:
            top += 1
            _push(code, a, b, lanes, first, n, cutoff, local, numbers, words, tet, quiet, stack[top])
        elif code == STORE:
            for j in range(n):
                out[first + j, a] = stack[top, j]
            top -= 1
        elif code == KNOWN:
            for j in range(n):
                stack[top, j] = 0.0 if np.isnan(stack[top, j]) else 1.0
        else:
            top -= 1
            _combine(code, n, stack[top], stack[top + 1])


@njit([_SIGNATURE], nogil=True, cache=True, error_model="numpy")
def fill(
    offsets, occurred_at, known_at, known_until, signature, value, duration, actor, day,
    subject, cutoff, local, first_row, last_row,
    edges, op_start, op_stop, ops, bucket_cell, ids, blank, scratch_rows, scratch_width,
    program, numbers, words, tet, quiet,
    out,
):  # fmt: skip
    """Fills ``out[first_row:last_row]``; see features.plan for the arrays of a plan."""
    width = min(LANE, max(last_row - first_row, 1))
    cells = np.empty_like(blank)
    lanes = np.empty((blank.shape[0], width), dtype=np.int64)
    seen = np.zeros((max(scratch_rows, 1), max(scratch_width, 1)), dtype=np.int64)
    stack = np.empty((STACK, width), dtype=np.float64)
    for first in range(first_row, last_row, width):
        n = min(width, last_row - first)
        for j in range(n):
            row = first + j
            cells[:] = blank
            begin, stop = offsets[subject[row]], offsets[subject[row] + 1]
            end = begin + np.searchsorted(occurred_at[begin:stop], cutoff[row])
            _walk(
                occurred_at, known_at, known_until, signature, value, duration, actor, day,
                begin, end, cutoff[row], row + 1,
                edges, op_start, op_stop, ops, bucket_cell, ids,
                cells, seen,
            )  # fmt: skip
            for c in range(cells.shape[0]):
                lanes[c, j] = cells[c]
        _columns(lanes, first, n, cutoff, local, program, numbers, words, tet, quiet, stack, out)
