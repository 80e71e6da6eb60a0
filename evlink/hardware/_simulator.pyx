# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The simulator board: the plant of each outlet, and the loop that serves `board.sock` without the GIL."""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from evlink.hardware._link cimport (
    DUTY_CONSTANT, OUTLETS,
    Board, Line, drop_outputs, make_block, serve, take_outputs,
    pthread_mutex_destroy, pthread_mutex_init, pthread_mutex_lock, pthread_mutex_unlock,
)
from evlink.hardware._wire cimport Block, Outputs
from evlink.hardware._plant cimport F_LOCK, PRESS_MS, Plant, inputs, plug_resistor, unplug_vehicle
from evlink.hardware._samples cimport fill_tables


cdef class Simulator:
    """The plants of a station's outlets and the loop that shows them to control.

    `attached_a`: rating of an attached cable in amperes an outlet, 0 for a socket outlet. `sockets`: what an outlet has,
    1 a Mode 3 socket or cable, 2 a domestic socket, 3 both behind one contactor.
    Outlets are numbered from 1; a number outside raises ValueError.
    """

    cdef Board* b
    cdef Board board
    cdef double speed

    def __cinit__(self, int outlets=1, int phases=3, attached_a=(0, 0), double speed=1.0, seed=1, sockets=(1, 1)):
        cdef int i
        if not 1 <= outlets <= OUTLETS or phases not in (1, 3) or speed < 1:
            raise ValueError("A simulator has 1 or 2 outlets, 1 or 3 phases and a speed of at least 1.")
        self.b = &self.board
        memset(self.b, 0, sizeof(Board))
        pthread_mutex_init(&self.b.lock, NULL)
        self.b.outlets = outlets
        self.b.conn = -1
        self.speed = speed
        fill_tables(&self.b.tables)
        for i in range(outlets):
            self.b.plants[i].supply_phases = phases
            self.b.plants[i].cable_a = attached_a[i]
            self.b.plants[i].attached = attached_a[i] > 0
            self.b.plants[i].piloted = sockets[i] & 1
            self.b.plants[i].domestic = sockets[i] & 2
            self.b.plants[i].rng = <uint64_t>(seed + 1 + i) * <uint64_t>2654435769
            self.b.plants[i].phase = 37.0 * i
            self.b.lines[i].heard_beeps = -1
            drop_outputs(self.b, i)

    def __dealloc__(self):
        pthread_mutex_destroy(&self.board.lock)

    cdef Plant* plant(self, int outlet) except NULL:
        if not 1 <= outlet <= self.b.outlets:
            raise ValueError(f"There is no outlet {outlet}; allowed are 1 to {self.b.outlets}.")
        return &self.b.plants[outlet - 1]

    @property
    def outlets(self):
        """How many outlets the board has."""
        return self.b.outlets

    def serve(self, int server, double linger_s=10.0):
        """Serve control on a listening SOCK_SEQPACKET socket, without the GIL.

        Returns 0 once `stop` was called, 1 after `linger_s` seconds of real time without a control.
        """
        cdef int result
        cdef Board* b = self.b
        cdef double speed = self.speed
        cdef long long linger = <long long>(linger_s * 1e9)
        with nogil:
            result = serve(b, server, speed, linger)
        return result

    def stop(self):
        """Let `serve` return within 100 ms."""
        self.b.stop = True

    def step(self, int outlet, bytes outputs=None):
        """Advance an outlet by 10 ms without a socket: outputs of 32 bytes in, or none; the block's bytes out."""
        cdef Outputs o
        self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        try:
            if outputs is not None:
                if len(outputs) != sizeof(Outputs):
                    raise ValueError(f"Outputs have {sizeof(Outputs)} bytes, these have {len(outputs)}.")
                memcpy(&o, <const char*>outputs, sizeof(Outputs))
                if not take_outputs(self.b, &o):
                    raise ValueError("The outputs have a wrong magic, version, outlet or duty.")
            make_block(self.b, outlet - 1)
            return (<char*>&self.b.lines[outlet - 1].block)[: sizeof(Block)]
        finally:
            pthread_mutex_unlock(&self.b.lock)

    def plug(self, int outlet, int cable_a, int ohm, int phases, double wish_a, bint ventilation, bint simplified=False):
        """Plug a vehicle in; False where one is plugged already.

        An attached cable keeps its own rating, as does one whose vehicle's end was pulled.
        """
        cdef Plant* p = self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        free = not p.plugged or p.away
        if free:
            kept = p.attached or p.away
            unplug_vehicle(p)
            p.plugged = True
            if not kept:
                p.cable_a = cable_a
                p.plug_ohm = ohm
            p.phases = phases
            p.wish_a = wish_a
            p.ventilation = ventilation
            p.simplified = p.ready = simplified
        pthread_mutex_unlock(&self.b.lock)
        return free

    def plug_load(self, int outlet, double wish_a):
        """Put a domestic plug in, its load switched on; False where one is in already, or there is no such socket."""
        cdef Plant* p = self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        free = p.domestic and not p.load_plugged
        if free:
            p.load_plugged = True
            p.load_on = True
            p.load_a = wish_a
        pthread_mutex_unlock(&self.b.lock)
        return free

    def unplug(self, int outlet, bint at_vehicle=False):
        """Pull the plug, the vehicle's before the domestic one: 0 done, 1 none is plugged, 2 the lock holds it.

        A faulty lock holds nothing.

        At the vehicle's end no lock of the station holds it, and the cable stays.
        """
        cdef Plant* p = self.plant(outlet)
        cdef int result = 0
        pthread_mutex_lock(&self.b.lock)
        if not (p.plugged or (p.load_plugged and not at_vehicle)) or (at_vehicle and p.away):
            result = 1
        elif at_vehicle:
            unplug_vehicle(p)
            p.plugged = True
            p.away = True
        elif p.locked and not p.attached and not p.faults & F_LOCK:
            result = 2
        elif p.plugged:
            unplug_vehicle(p)
        else:
            p.load_plugged = False
            p.load_amps = 0
        pthread_mutex_unlock(&self.b.lock)
        return result

    def ready(self, int outlet, bint on):
        """Let the vehicle, or where there is none the domestic load, want to draw or no longer; False for neither."""
        cdef Plant* p = self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        plugged = (p.plugged and not p.away) or p.load_plugged
        if p.plugged and not p.away:
            p.ready = on
        elif plugged:
            p.load_on = on
        pthread_mutex_unlock(&self.b.lock)
        return plugged

    def draw(self, int outlet, double wish_a):
        """Set the amperes a phase that the vehicle wishes, or without one the domestic load; False for neither."""
        cdef Plant* p = self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        plugged = (p.plugged and not p.away) or p.load_plugged
        if p.plugged and not p.away:
            p.wish_a = wish_a
        elif plugged:
            p.load_a = wish_a
        pthread_mutex_unlock(&self.b.lock)
        return plugged

    def press(self, int outlet, bint start):
        """Press the start or the stop button for 300 ms."""
        cdef Plant* p = self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        if start:
            p.start_ms = PRESS_MS
        else:
            p.stop_ms = PRESS_MS
        pthread_mutex_unlock(&self.b.lock)

    def input(self, int outlet, int number, bint on):
        """Close or open the contact of input 1 or 2."""
        cdef Plant* p = self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        if number == 1:
            p.in1 = on
        else:
            p.in2 = on
        pthread_mutex_unlock(&self.b.lock)

    def fault(self, int outlet, uint32_t bit, bint on):
        """Set or clear one fault bit, as numbered in `simactions.FAULTS`."""
        cdef Plant* p = self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        if on:
            p.faults |= bit
        else:
            p.faults &= ~bit
        pthread_mutex_unlock(&self.b.lock)

    def state(self, int outlet):
        """One consistent picture of an outlet, as plain numbers."""
        cdef Plant p
        cdef Line line
        cdef bint connected
        cdef uint64_t refused
        cdef Plant* live = self.plant(outlet)
        pthread_mutex_lock(&self.b.lock)
        p = live[0]
        line = self.b.lines[outlet - 1]
        connected = self.b.conn >= 0
        refused = self.b.refused
        pthread_mutex_unlock(&self.b.lock)
        return {
            "contactor": p.want_contactor,
            "contactor_feedback": p.contact,
            "lock": p.want_lock,
            "lock_feedback": p.locked,
            "duty": p.duty,
            "pilot_on": p.pilot_on,
            "high_mv": p.high_mv,
            "low_mv": p.low_mv if 0 < p.duty < DUTY_CONSTANT else (p.high_mv if p.duty else p.low_mv),
            "plugged": p.plugged,
            "away": p.away,
            "attached": p.attached,
            "cable_a": p.cable_a,
            "plug_ohm": plug_resistor(&p),
            "phases": min(p.phases, p.supply_phases),
            "wish_a": p.wish_a,
            "ventilation": p.ventilation,
            "ready": p.ready,
            "s2": p.s2,
            "amps": p.amps,
            "energy_wh": p.energy_ws / 3600,
            "load_plugged": p.load_plugged,
            "load_on": p.load_on,
            "load_a": p.load_a,
            "load_amps": p.load_amps,
            "inputs": inputs(&p),
            "faults": p.faults,
            "light": line.light,
            "beeps": line.beeps,
            "dead_man": line.dead,
            "connected": connected,
            "blocks": line.sequence,
            "sent": line.sent,
            "answered": line.answered,
            "last_answer": line.last_answer,
            "drops": line.drops,
            "refused": refused,
            "frames": p.frames,
        }
