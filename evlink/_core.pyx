# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: embedsignature=True
"""The compiled control core: the Python doors to the parts in the `.pxd` files beside this one.

The documentation of every name stands in `_core.pyi`.
"""

import mmap
import os
import zlib
from collections import namedtuple

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int16_t, int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from evlink._contactor cimport *
from evlink._current cimport *
from evlink._energy cimport *
from evlink._frame cimport *
from evlink._inputs cimport *
from evlink._live cimport *
from evlink._os cimport *
from evlink._outlet cimport *
from evlink._permit cimport *
from evlink._pilot cimport *
from evlink._table cimport *
from evlink._protect cimport *
from evlink._seqlock cimport *
from evlink._step cimport *

RATE = FRAMES_A_SECOND
BLOCK = FRAMES_A_WINDOW
LAYOUT_VERSION = LAYOUT

PILOT_UNKNOWN, PILOT_A, PILOT_B, PILOT_C = S_UNKNOWN, S_A, S_B, S_C
PILOT_D, PILOT_E, PILOT_F = S_D, S_E, S_F

FAULT_PILOT, FAULT_DIODE, FAULT_SHORT, FAULT_PLUG = F_PILOT, F_DIODE, F_SHORT, F_PLUG
FAULT_VENTILATION, FAULT_CONTACTOR, FAULT_LOCK = F_VENTILATION, F_CONTACTOR, F_LOCK
FAULT_OVERLOAD, FAULT_SHORT_CIRCUIT = F_OVERLOAD, F_SHORT_CIRCUIT
FAULT_MEASUREMENT, FAULT_GAP, FAULT_UNPLUGGED = F_MEASUREMENT, F_GAP, F_UNPLUGGED
FAULT_UPSTREAM, FAULT_SURGE, FAULT_INTRUSION, FAULT_FLAP = F_UPSTREAM, F_SURGE, F_INTRUSION, F_FLAP

CONTACTOR_WELDED, CONTACTOR_NOT_CLOSED, CONTACTOR_CHATTER = D_WELDED, D_NOT_CLOSED, D_CHATTER

PERMIT_NONE, PERMIT_LIVE, PERMIT_DEGRADED, PERMIT_LAPSED = P_NONE, P_LIVE, P_DEGRADED, P_LAPSED

EVENT_STATE, EVENT_CLOSED, EVENT_OPENED = EV_STATE, EV_CLOSED, EV_OPENED
EVENT_FAULT_SET, EVENT_FAULT_CLEARED, EVENT_TRIP = EV_FAULT_SET, EV_FAULT_CLEARED, EV_TRIP
EVENT_PERMIT, EVENT_NOT_REALTIME, EVENT_INPUTS = EV_PERMIT, EV_NOT_REALTIME, EV_INPUTS

OPEN_NO_PERMIT, OPEN_VEHICLE, OPEN_FAULT = O_NO_PERMIT, O_VEHICLE, O_FAULT
OPEN_UNDER_LOAD, OPEN_LAPSED, OPEN_ORDER, OPEN_ENDED = O_UNDER_LOAD, O_LAPSED, O_ORDER, O_ENDED

TIER_LOW, TIER_MEDIUM, TIER_HIGH, TIER_STATION = T_LOW, T_MEDIUM, T_HIGH, T_STATION

INPUT_BUTTON_START, INPUT_BUTTON_STOP, INPUT_IN1, INPUT_IN2 = I_BUTTON_START, I_BUTTON_STOP, I_IN1, I_IN2
INPUT_SURGE, INPUT_INTRUSION, INPUT_FLAP = I_SURGE, I_INTRUSION, I_FLAP
INPUT_UPSTREAM, INPUT_BREAKER = I_UPSTREAM, I_BREAKER

FEEDBACK_CONTACTOR, FEEDBACK_LOCK = FB_CONTACTOR, FB_LOCK

Limits = namedtuple(
    "Limits",
    "low_tolerance medium_tolerance high_tolerance low_delay_s medium_delay_s high_delay_s station_max_ma "
    "station_tolerance station_delay_s noise_floor_ma grace_ms slope offset_ma voltage_mv degraded_single_ma "
    "degraded_three_ma rating_ma leaky simplified_allowed simplified_max_ma simplified_low_ma simplified_stop_s "
    "wake_up_s pwm_off_delay_s pwm_on_delay_s domestic_max_ma domestic_end_s inputs_expected inputs_enabled",
    defaults=(
        10, 25, 70, 1010, 5, 1, 64_000, 18, 90, 500, 6_000, 722, 0, 230_000, 8_000, 14_000, 32_000, True,
        True, 10_000, 1_000, 3_600, 30, 0, 3, 14_000, 60, 0,
        I_SURGE | I_INTRUSION | I_FLAP | I_UPSTREAM | I_BREAKER,
    ),
    module=__name__,
)
Permit = namedtuple(
    "Permit",
    "authorised limit_ma ventilation available lock attached_cable light beep limits domestic",
    defaults=(False, 0, False, True, False, False, 0, 0, Limits(), False),
    module=__name__,
)
Frame = namedtuple(
    "Frame",
    "samples blocks pilot modulated high_mv low_mv duty_measured frequency duty contactor contactor_feedback lock "
    "lock_feedback inputs plug_ohm cable_ma current_ma energy_mvas phases_used limit_ma permit_state permit_sequence "
    "faults simplified ready_since glitches overruns realtime clamped "
    "energy_phase_mvas phases_mask high_stats low_stats transitions refused ended waking inputs_wrong guard_until "
    "closings",
    defaults=(0, (0, 0, 0), 0, (0, 0, 0), (0, 0, 0), (), False, False, False, 0, 0, 0),
    module=__name__,
)
CoreEvent = namedtuple("CoreEvent", "number samples kind a b", module=__name__)
Latency = namedtuple(
    "Latency", "served period served_worst_ns period_worst_ns blocks overruns fed", module=__name__
)
Outputs = namedtuple("Outputs", "contactor duty pilot_on lock light beep", module=__name__)


def duty_from_ma(limit_ma):
    return pilot_duty_from_ma(saturated(limit_ma))


def ma_from_duty(duty):
    return pilot_ma_from_duty(saturated(duty))


def classify(high_mv, previous):
    return pilot_classify(saturated(high_mv), saturated(previous))


def cable_from_ohm(ohm):
    return cable_rating(saturated(ohm))


include "_core_convert.pxi"
include "_core_step.pxi"
include "_core_replay.pxi"
include "_core_shared.pxi"
