"""The database's tables: numbered migrations, and how each table is read out of a damaged file. Constant SQL only.

The CHECK clauses are no ornament: `PRAGMA integrity_check` tests them, so a flipped bit inside a value shows at the
next start rather than in the middle of a charge. Times are microseconds since 1970 UTC.
"""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE badges (
        number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 1099511627776),
        uid TEXT NOT NULL UNIQUE CHECK (length(uid) BETWEEN 1 AND 20 AND uid NOT GLOB '*[^0-9A-Z]*'),
        type TEXT NOT NULL CHECK (type IN ('user', 'vip', 'admin')),
        comment TEXT NOT NULL CHECK (length(comment) <= 50),
        search TEXT NOT NULL
    ) STRICT;

    CREATE TABLE records (
        number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 1099511627776),
        session TEXT NOT NULL UNIQUE,
        station TEXT NOT NULL,
        outlet INTEGER NOT NULL CHECK (outlet BETWEEN 1 AND 9),
        transaction_id TEXT NOT NULL,
        uid TEXT NOT NULL,
        charge_type TEXT NOT NULL,
        start_us INTEGER NOT NULL CHECK (start_us BETWEEN -62135596800000000 AND 253402300799999999),
        end_us INTEGER NOT NULL CHECK (end_us BETWEEN -62135596800000000 AND 253402300799999999),
        energy_wh INTEGER NOT NULL,
        socket_type TEXT NOT NULL,
        duration_s INTEGER NOT NULL CHECK (duration_s >= 0),
        comment TEXT NOT NULL,
        reason TEXT NOT NULL,
        published INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1))
    ) STRICT;
    CREATE INDEX records_published ON records (published, number);

    CREATE TABLE accounts (
        account TEXT PRIMARY KEY,
        level TEXT NOT NULL CHECK (level IN ('admin', 'user')),
        hash TEXT NOT NULL CHECK (hash GLOB '$argon2id$v=*$m=*,t=*,p=*$*$*'),
        password_due INTEGER NOT NULL CHECK (password_due IN (0, 1)),
        epoch INTEGER NOT NULL CHECK (epoch >= 0)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE guesses (
        account TEXT PRIMARY KEY,
        failures INTEGER NOT NULL CHECK (failures >= 0),
        last_us INTEGER NOT NULL CHECK (last_us BETWEEN -62135596800000000 AND 253402300799999999)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE events (
        number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 1099511627776),
        outlet INTEGER NOT NULL CHECK (outlet BETWEEN 0 AND 9),
        event INTEGER NOT NULL CHECK (event BETWEEN 1 AND 31),
        detail TEXT NOT NULL,
        start_us INTEGER NOT NULL CHECK (start_us BETWEEN -62135596800000000 AND 253402300799999999),
        end_us INTEGER CHECK (end_us BETWEEN -62135596800000000 AND 253402300799999999)
    ) STRICT;
    CREATE UNIQUE INDEX events_running ON events (outlet, event) WHERE end_us IS NULL;

    CREATE TABLE sessions (
        outlet INTEGER PRIMARY KEY CHECK (outlet BETWEEN 1 AND 9),
        session TEXT NOT NULL UNIQUE,
        payload TEXT NOT NULL CHECK (json_valid(payload))
    ) STRICT;

    CREATE TABLE energy (
        outlet INTEGER PRIMARY KEY CHECK (outlet BETWEEN 1 AND 9),
        register_mvas INTEGER NOT NULL CHECK (register_mvas >= 0),
        offset_mvas INTEGER NOT NULL,
        generation TEXT NOT NULL
    ) STRICT;

    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 1099511627776),
        message_id TEXT NOT NULL UNIQUE CHECK (length(message_id) = 36),
        session TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('start', 'sample', 'end')),
        payload TEXT NOT NULL CHECK (json_valid(payload)),
        attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0)
    ) STRICT;
    CREATE INDEX outbox_session ON outbox (session, number);
    CREATE INDEX outbox_kind ON outbox (kind, number);

    CREATE TABLE transactions (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL UNIQUE,
        transaction_id INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX transactions_id ON transactions (transaction_id, number);

    CREATE TABLE memory (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL CHECK (json_valid(value))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE damaged (
        number INTEGER PRIMARY KEY,
        origin TEXT NOT NULL,
        content TEXT NOT NULL
    ) STRICT;

    PRAGMA user_version = 1;
    """,
    """
    CREATE TABLE estimates (
        number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 1099511627776),
        energy_wh INTEGER NOT NULL CHECK (energy_wh > 0)
    ) STRICT;

    PRAGMA user_version = 2;
    """,
    """
    CREATE TABLE letters (
        number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 1099511627776),
        name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
        kind TEXT NOT NULL CHECK (kind IN ('records', 'alarm')),
        next_us INTEGER NOT NULL CHECK (next_us BETWEEN -62135596800000000 AND 253402300799999999),
        tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
        payload TEXT NOT NULL CHECK (json_valid(payload)),
        served TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(served)),
        problem TEXT NOT NULL DEFAULT '["",""]' CHECK (json_valid(problem))
    ) STRICT;

    CREATE TABLE clock_steps (
        number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 1099511627776),
        seconds INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE letter_records (
        record INTEGER PRIMARY KEY CHECK (record BETWEEN 1 AND 1099511627776),
        letter INTEGER NOT NULL CHECK (letter BETWEEN 1 AND 1099511627776)
    ) STRICT;
    CREATE INDEX letter_records_letter ON letter_records (letter, record);

    PRAGMA user_version = 3;
    """,
    """
    CREATE TABLE journal (
        number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 1099511627776),
        kind TEXT NOT NULL CHECK (kind IN ('deed', 'update', 'message')),
        at_us INTEGER NOT NULL CHECK (at_us BETWEEN -62135596800000000 AND 253402300799999999),
        outlet INTEGER NOT NULL CHECK (outlet BETWEEN 0 AND 9),
        who TEXT NOT NULL,
        way TEXT NOT NULL,
        what TEXT NOT NULL,
        status TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX journal_kind ON journal (kind, number);

    PRAGMA user_version = 4;
    """,
)

# How a table is read out of a damaged file: name, from its beginning, from its end, and into the new file. Two
# readings, because a damaged page ends one of them and what stands after it is reached from the other side.
SALVAGE: tuple[tuple[str, str, str, str], ...] = (
    (
        "accounts",
        "SELECT account, level, hash, password_due, epoch FROM accounts ORDER BY account",
        "SELECT account, level, hash, password_due, epoch FROM accounts ORDER BY account DESC",
        "INSERT OR IGNORE INTO accounts VALUES (?, ?, ?, ?, ?)",
    ),
    (
        "guesses",
        "SELECT account, failures, last_us FROM guesses ORDER BY account",
        "SELECT account, failures, last_us FROM guesses ORDER BY account DESC",
        "INSERT OR IGNORE INTO guesses VALUES (?, ?, ?)",
    ),
    (
        "records",
        """SELECT number, session, station, outlet, transaction_id, uid, charge_type, start_us, end_us, energy_wh,
           socket_type, duration_s, comment, reason, published FROM records NOT INDEXED ORDER BY number""",
        """SELECT number, session, station, outlet, transaction_id, uid, charge_type, start_us, end_us, energy_wh,
           socket_type, duration_s, comment, reason, published FROM records NOT INDEXED ORDER BY number DESC""",
        "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    (
        "estimates",
        "SELECT number, energy_wh FROM estimates ORDER BY number",
        "SELECT number, energy_wh FROM estimates ORDER BY number DESC",
        "INSERT OR IGNORE INTO estimates VALUES (?, ?)",
    ),
    (
        "badges",
        "SELECT number, uid, type, comment, search FROM badges NOT INDEXED ORDER BY number",
        "SELECT number, uid, type, comment, search FROM badges NOT INDEXED ORDER BY number DESC",
        "INSERT OR IGNORE INTO badges VALUES (?, ?, ?, ?, ?)",
    ),
    (
        "sessions",
        "SELECT outlet, session, payload FROM sessions NOT INDEXED ORDER BY outlet",
        "SELECT outlet, session, payload FROM sessions NOT INDEXED ORDER BY outlet DESC",
        "INSERT OR IGNORE INTO sessions VALUES (?, ?, ?)",
    ),
    (
        "energy",
        "SELECT outlet, register_mvas, offset_mvas, generation FROM energy ORDER BY outlet",
        "SELECT outlet, register_mvas, offset_mvas, generation FROM energy ORDER BY outlet DESC",
        "INSERT OR IGNORE INTO energy VALUES (?, ?, ?, ?)",
    ),
    (
        "outbox",
        "SELECT number, message_id, session, kind, payload, attempts FROM outbox NOT INDEXED ORDER BY number",
        "SELECT number, message_id, session, kind, payload, attempts FROM outbox NOT INDEXED ORDER BY number DESC",
        "INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?)",
    ),
    (
        "transactions",
        "SELECT number, session, transaction_id FROM transactions NOT INDEXED ORDER BY number",
        "SELECT number, session, transaction_id FROM transactions NOT INDEXED ORDER BY number DESC",
        "INSERT OR IGNORE INTO transactions VALUES (?, ?, ?)",
    ),
    (
        "events",
        "SELECT number, outlet, event, detail, start_us, end_us FROM events NOT INDEXED ORDER BY number",
        "SELECT number, outlet, event, detail, start_us, end_us FROM events NOT INDEXED ORDER BY number DESC",
        "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)",
    ),
    (
        "clock_steps",
        "SELECT number, seconds FROM clock_steps ORDER BY number",
        "SELECT number, seconds FROM clock_steps ORDER BY number DESC",
        "INSERT OR IGNORE INTO clock_steps VALUES (?, ?)",
    ),
    (
        "letters",
        "SELECT number, name, kind, next_us, tries, payload, served, problem FROM letters NOT INDEXED ORDER BY number",
        """SELECT number, name, kind, next_us, tries, payload, served, problem FROM letters NOT INDEXED
           ORDER BY number DESC""",
        "INSERT OR IGNORE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    (
        "letter_records",
        "SELECT record, letter FROM letter_records NOT INDEXED ORDER BY record",
        "SELECT record, letter FROM letter_records NOT INDEXED ORDER BY record DESC",
        "INSERT OR IGNORE INTO letter_records VALUES (?, ?)",
    ),
    (
        "journal",
        """SELECT number, kind, at_us, outlet, who, way, what, status, detail FROM journal NOT INDEXED
           ORDER BY number""",
        """SELECT number, kind, at_us, outlet, who, way, what, status, detail FROM journal NOT INDEXED
           ORDER BY number DESC""",
        "INSERT OR IGNORE INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    (
        "memory",
        "SELECT key, value FROM memory ORDER BY key",
        "SELECT key, value FROM memory ORDER BY key DESC",
        "INSERT OR IGNORE INTO memory VALUES (?, ?)",
    ),
    (
        "damaged",
        "SELECT number, origin, content FROM damaged ORDER BY number",
        "SELECT number, origin, content FROM damaged ORDER BY number DESC",
        "INSERT OR IGNORE INTO damaged VALUES (?, ?, ?)",
    ),
)
