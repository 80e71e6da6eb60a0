# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The plant behind an outlet: pilot circuit, vehicle, contactor, lock and mains, moved by a millisecond at a time.

A millisecond is one period of the pilot (IEC 61851-1 table A.2: 1 kHz). The pilot circuit is 12 V behind 1 kOhm, the
vehicle's diode with 2.74 kOhm, 1.3 kOhm (C) or 270 Ohm (D) beside it. What it all looks like to the converter is
`_samples.pxd`'s.
"""

from libc.stdint cimport int32_t, uint32_t, uint64_t

cdef enum:
    # Times in milliseconds.
    CLOSE_MS = 20  # contactor travel
    OPEN_MS = 15
    LOCK_MS = 300
    PRESS_MS = 300  # a finger on a button
    SEE_MS = 200  # valid modulation until the vehicle closes S2
    DRAW_MS = 1000  # contactor closed until the vehicle draws
    LEAVE_MS = 300  # least time from the loss of the permission to the opening of S2
    LEAVE_LATEST_MS = 900

    PLUG_GAP_OHM = 350  # IEC 61851-1 table B.2 gives 308 to 400 Ohm no meaning

cdef enum:
    F_CP_SHORT = 1
    F_DIODE = 1 << 1
    F_PP_OPEN = 1 << 2
    F_PP_GAP = 1 << 3
    F_WELDED = 1 << 4
    F_STUCK_OPEN = 1 << 5
    F_LOCK = 1 << 6
    F_NOISE = 1 << 7
    F_OVERDRAW = 1 << 8
    F_CLIP = 1 << 9
    F_STUCK_CURRENT = 1 << 10
    F_SURGE = 1 << 11
    F_INTRUSION = 1 << 12
    F_FLAP = 1 << 13
    F_UPSTREAM = 1 << 14
    F_SILENT = 1 << 15
    F_READER = 1 << 16
    F_VEHICLE_IGNORES = 1 << 17

cdef struct Plant:
    # Commanded: outputs as they came, or what the dead-man leaves of them.
    bint want_contactor
    bint want_lock
    bint pilot_on
    int duty  # hundredths of a percent
    # Contactor, lock, buttons and inputs
    bint contact
    bint locked
    int contact_ms  # milliseconds under way
    int lock_ms
    int start_ms  # milliseconds that a button stays pressed
    int stop_ms
    bint in1
    bint in2
    # Plug and vehicle
    bint attached  # the cable is fixed to the station: no plug resistor, its rating is the outlet's
    bint plugged
    bint away  # the cable is pulled at the vehicle's end and hangs at the station
    int supply_phases
    int phases
    double cable_a
    int plug_ohm
    double wish_a
    bint ventilation
    bint simplified  # a vehicle without a pilot function: it asks as it is plugged in, and draws what it wishes (A.2.3)
    bint ready
    bint s2
    int seen_ms
    int leave_ms
    int draw_ms
    double offered_a  # as the vehicle reads the duty
    double amps  # RMS a phase
    double energy_ws
    # Sockets, and what stands in the domestic one: a load on the first phase, without pilot or plug resistor
    bint piloted  # there is a socket or cable of Mode 3
    bint domestic
    bint load_plugged
    bint load_on
    double load_a  # what it wishes
    double load_amps
    # Waveform
    double high_mv
    double low_mv
    double phase  # frames since the pilot's rising edge
    uint32_t mains  # 2^32 is a period
    uint64_t rng
    int burst_ms  # above 0: a burst of noise; below: quiet
    double burst_step  # radians a frame
    double burst_phase
    uint32_t faults
    uint64_t frames

cdef inline double offered(int duty) noexcept nogil:
    """Amperes that a duty in hundredths of a percent offers; 0 = no charging (IEC 61851-1 table A.8)."""
    if duty < 800 or duty > 9700:
        return 0
    if duty < 1000:
        return 6
    if duty <= 8500:
        return duty * 0.006
    if duty <= 9600:
        return 2.5 * (duty / 100.0 - 64)
    return 80


cdef inline void move_contactor(Plant* p) noexcept nogil:
    """Move the contactor by a millisecond towards its command."""
    if p.faults & F_WELDED:
        p.contact = True
        p.contact_ms = 0
    elif p.faults & F_STUCK_OPEN:
        p.contact = False
        p.contact_ms = 0
    elif p.want_contactor == p.contact:
        p.contact_ms = 0
    else:
        p.contact_ms += 1
        if p.contact_ms >= (CLOSE_MS if p.want_contactor else OPEN_MS):
            p.contact = p.want_contactor
            p.contact_ms = 0


cdef inline void move_lock(Plant* p) noexcept nogil:
    """Move the lock by a millisecond towards its command; a faulty one stays where it is."""
    if p.faults & F_LOCK or p.want_lock == p.locked:
        p.lock_ms = 0
        return
    p.lock_ms += 1
    if p.lock_ms >= LOCK_MS:
        p.locked = p.want_lock
        p.lock_ms = 0


cdef inline void unplug_vehicle(Plant* p) noexcept nogil:
    """Take plug and vehicle away; nothing of them is kept."""
    p.plugged = False
    p.away = False
    p.ready = False
    p.s2 = False
    p.amps = 0
    p.offered_a = 0
    p.seen_ms = 0
    p.leave_ms = 0
    p.draw_ms = 0


cdef inline void drive_vehicle(Plant* p) noexcept nogil:
    """Let the vehicle see the pilot, move S2 and follow the current on offer, for a millisecond."""
    cdef bint told = p.simplified or (p.pilot_on and not p.faults & F_CP_SHORT and offered(p.duty) > 0)
    cdef bint goes_on, mains
    cdef double target = 0, step
    if not p.plugged or p.away:
        return
    if told:
        p.seen_ms += 1
        p.offered_a = p.wish_a if p.simplified else offered(p.duty)
    else:
        p.seen_ms = 0
    # A vehicle that ignores the station keeps to the current that it was offered last.
    goes_on = p.ready and (told or (p.s2 and p.faults & F_VEHICLE_IGNORES))
    if p.s2:
        p.leave_ms = 0 if goes_on else p.leave_ms + 1
        if (p.leave_ms >= LEAVE_MS and p.amps < 0.1) or p.leave_ms >= LEAVE_LATEST_MS:
            p.s2 = False
    elif goes_on and (p.simplified or p.seen_ms >= SEE_MS):
        p.s2 = True
        p.leave_ms = 0

    mains = p.contact and not p.faults & F_UPSTREAM
    if not (p.s2 and mains):
        p.amps = 0
        p.draw_ms = 0
        return
    p.draw_ms += 1
    if goes_on and p.draw_ms >= DRAW_MS:
        target = p.offered_a
        if p.faults & F_OVERDRAW:
            target *= 1.4
        else:
            target = min(target, min(p.wish_a, p.cable_a))
    if target > p.amps:
        p.amps = min(target, p.amps + 0.02)  # 20 A/s upwards
    else:
        step = (p.amps - target) / 150 + 0.002  # downwards within a second
        p.amps = max(target, p.amps - step)


cdef inline void drive_load(Plant* p) noexcept nogil:
    """Let the domestic load draw what it wishes while the contactor is closed: nothing tells it how much it may."""
    cdef double target = p.load_a * (1.4 if p.faults & F_OVERDRAW else 1)
    if not (p.load_plugged and p.load_on and p.contact) or p.faults & F_UPSTREAM:
        p.load_amps = 0
    else:
        p.load_amps = min(target, p.load_amps + 0.02)


cdef inline void set_levels(Plant* p) noexcept nogil:
    """Set the pilot's two plateaus from the circuit as it stands; an outlet without a Mode 3 socket has no circuit."""
    cdef double load = 0  # siemens behind the diode
    cdef double short = 0  # siemens from the pilot to earth
    cdef double source = 0.001
    if not (p.pilot_on and p.piloted):
        p.high_mv = 0
        p.low_mv = 0
        return
    if p.plugged and not p.away:
        load = 1 / 2740.0
        if p.s2:
            load += 1 / 270.0 if p.ventilation else 1 / 1300.0
    if p.faults & F_CP_SHORT:
        short = 1 / 80.0  # the short of IEC 61851-1 A.4.9
    if p.faults & F_DIODE:
        p.high_mv = 12000 * source / (source + short + load)
        p.low_mv = -p.high_mv
        return
    p.low_mv = -12000 * source / (source + short)  # the diode blocks
    p.high_mv = -p.low_mv
    if p.high_mv > 700:
        p.high_mv = (12000 * source + 700 * load) / (source + short + load)


cdef inline uint32_t inputs(Plant* p) noexcept nogil:
    """The block's input bits, INPUT_* of board.py."""
    cdef uint32_t bits = 0
    if p.start_ms > 0:
        bits |= 1
    if p.stop_ms == 0:
        bits |= 2
    if p.in1:
        bits |= 4
    if p.in2:
        bits |= 8
    if p.faults & F_SURGE:
        bits |= 16
    if p.faults & F_INTRUSION:
        bits |= 32
    if p.faults & F_FLAP:
        bits |= 64
    if p.faults & F_UPSTREAM:
        bits |= 128
    return bits


cdef inline int32_t plug_resistor(Plant* p) noexcept nogil:
    """The plug resistor that the board measures, in ohms; -1 = open."""
    if p.attached or not p.plugged or p.faults & F_PP_OPEN:
        return -1
    if p.faults & F_PP_GAP:
        return PLUG_GAP_OHM
    return p.plug_ohm
