/** `alerts.db`, where the outbox is kept. */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import { openDurable } from '../state/durable.ts'
import type { Home } from '../state/home.ts'
import { HOLDS } from './holds.ts'
import { TROUBLES } from './waiting.ts'

const SCHEMA = `
CREATE TABLE alerts (
  id TEXT PRIMARY KEY,
  config TEXT NOT NULL,
  key TEXT NOT NULL,
  event TEXT NOT NULL,
  severity TEXT NOT NULL,
  text TEXT NOT NULL,
  hint TEXT,
  environment TEXT NOT NULL,
  agent TEXT,
  ref TEXT,
  at TEXT NOT NULL,
  count INTEGER NOT NULL,
  told INTEGER NOT NULL
) STRICT;
CREATE INDEX alerts_by_key ON alerts (config, environment, key, at);
CREATE TABLE deliveries (
  alert TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'sent', 'given-up', 'folded')),
  attempts INTEGER NOT NULL,
  not_before TEXT NOT NULL,
  holder TEXT,
  sent_at TEXT,
  PRIMARY KEY (alert, channel)
) STRICT;
CREATE INDEX deliveries_by_time ON deliveries (state, not_before);
`
const VERSION = 1
/** Agents start and gateways go on beside it: whoever waits longer does it by `patiently`. */
const BUSY_MS = 10

/** It is made by the first alert. */
export function outboxAt(home: Home): string {
  return join(home.dir, 'alerts.db')
}

/** @throws STATE_UNAVAILABLE */
export function openOutbox(home: Home): DatabaseSync {
  const db = openDurable(outboxAt(home), SCHEMA, VERSION, BUSY_MS)
  try {
    guarded(db, () => db.exec(`${HOLDS};${TROUBLES}`))
    return db
  } catch (error) {
    db.close()
    throw error
  }
}
