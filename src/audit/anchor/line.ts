/** A checkpoint as one line, for logs that have lines. Pure. */

/** `authpriv`, `notice`: system logs keep it where logins are kept, and do not show it to everybody. */
export const FACILITY = 10
export const SEVERITY = 5
export const TAG = 'secretref'

/** `checkpoint size=1234 note=BASE64`: the note, whole, behind what a person can read of it. */
export function lineOf(note: string): string {
  const [, size = ''] = note.split('\n')
  const shown = /^\d{1,16}$/.test(size) ? ` size=${size}` : ''
  return `checkpoint${shown} note=${Buffer.from(note).toString('base64')}`
}

/**
 * RFC 5424, without structured data: names for that need a number that IANA gave out.
 * @param hostname as the system has it
 */
export function syslogMessage(note: string, hostname: string, now: Date): string {
  const host = /^[!-~]{1,255}$/.test(hostname) ? hostname : '-'
  return `<${FACILITY * 8 + SEVERITY}>1 ${now.toISOString()} ${host} ${TAG} - checkpoint - ${lineOf(note)}`
}
