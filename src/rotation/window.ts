/**
 * When a rotation may begin: `Sun 02:00-05:00 Europe/Berlin`. Days are names, ranges of names, lists of
 * both, or left out for every day; a window that ends before it begins ends on the next day; the zone is
 * of the IANA database, left out it is UTC. Pure.
 */

export interface Window {
  /** 0 is Sunday. */
  days: ReadonlySet<number>
  /** Minutes after midnight; `end` may be smaller than `start`, and is not part of it. */
  start: number
  end: number
  zone: string
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const FORM = /^(?:([A-Za-z,-]+) +)?(\d{2}):(\d{2})-(\d{2}):(\d{2})(?: +(\S+))?$/
const DAY_MINUTES = 1440

/** What of a text is no part of a window. `length`: it ends when it begins. */
export interface WindowFault {
  fault: 'form' | 'day' | 'time' | 'length' | 'zone'
  /** As it is written there. */
  said: string
}

/** @returns `undefined` where the text is no window: another form, no such day, time or zone, or no length */
export function parseWindow(text: string): Window | undefined {
  const read = readWindow(text)
  return 'fault' in read ? undefined : read
}

/** @returns the window, or the first thing that is wrong with it */
export function readWindow(text: string): Window | WindowFault {
  const form = FORM.exec(text.trim())
  if (form === null) return { fault: 'form', said: text }
  const [, names, ...rest] = form
  const [h1, m1, h2, m2, zone = 'UTC'] = rest
  const start = minutesOf(h1, m1)
  const end = minutesOf(h2, m2)
  const days = names === undefined ? new Set(DAYS.keys()) : daysOf(names)
  if (days === undefined) return { fault: 'day', said: names ?? '' }
  // The last moment of a day is the first one of the next, and that has a name of its own.
  if (start === undefined || start === DAY_MINUTES) return { fault: 'time', said: `${h1}:${m1}` }
  if (end === undefined) return { fault: 'time', said: `${h2}:${m2}` }
  if (start === end) return { fault: 'length', said: `${h1}:${m1}-${h2}:${m2}` }
  if (!isZone(zone)) return { fault: 'zone', said: zone }
  return { days, start, end, zone }
}

/** Whether a moment lies in it, by the clock on the wall there: an hour that is skipped is not waited for. */
export function isOpen({ days, start, end, zone }: Window, at: Date): boolean {
  const { day, minute } = wallClock(at, zone)
  if (start < end) return days.has(day) && minute >= start && minute < end
  return (days.has(day) && minute >= start) || (days.has((day + 6) % 7) && minute < end)
}

/**
 * The next moment at which it is open: `from`, where it is open then; to the minute.
 *
 * @returns `undefined` where it does not open within two weeks: its hour is skipped by a change of clocks
 */
export function nextOpening(window: Window, from: Date): Date | undefined {
  if (isOpen(window, from)) return from
  const first = Math.ceil(from.getTime() / MINUTE_MS) * MINUTE_MS
  for (let at = first; at <= first + LOOK_AHEAD_MS; at += MINUTE_MS) {
    const moment = new Date(at)
    if (isOpen(window, moment)) return moment
  }
  return undefined
}
const MINUTE_MS = 60_000
const LOOK_AHEAD_MS = 14 * DAY_MINUTES * MINUTE_MS

function minutesOf(hours: string | undefined, minutes: string | undefined): number | undefined {
  const h = Number(hours)
  const m = Number(minutes)
  if (!(h <= 24) || !(m < 60) || (h === 24 && m > 0)) return undefined
  return h * 60 + m
}

function daysOf(names: string): Set<number> | undefined {
  const days = new Set<number>()
  for (const part of names.toLowerCase().split(',')) {
    const [from, to = from, ...more] = part
      .split('-')
      .map((name) => DAYS.findIndex((d) => d === name))
    if (from === undefined || to === undefined || from < 0 || to < 0 || more.length > 0) {
      return undefined
    }
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === to) break
    }
  }
  return days
}

function isZone(zone: string): boolean {
  try {
    formatter(zone)
    return true
  } catch {
    // RangeError: the one thing that it says of a zone.
    return false
  }
}

function wallClock(at: Date, zone: string): { day: number; minute: number } {
  const parts = new Map(
    formatter(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const day = DAYS.findIndex((name) => name === parts.get('weekday')?.toLowerCase())
  return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) }
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  formatters.set(timeZone, made)
  return made
}
