/** What became of the alerts of one batch: when again, what goes on record, and what is said. */
import type { Delivery, Way } from '../../alerts/outbox.ts'
import type { Waiting } from '../../alerts/waiting.ts'
import type { Entry } from '../../audit/record.ts'
import { MONITOR } from '../../config/monitor.ts'
import { homeEnvironment } from '../../plan/environment.ts'
import { shellWord } from '../../shell-word.ts'
import type { Gateway } from '../gateway.ts'
import type { Say } from '../result.ts'
import type { Untried } from './send.ts'
import { channelInWords } from './way.ts'
import { MESSAGE_TIMEOUT_MS, type Sent } from './words.ts'

/** What the config says no more, no repeat can bring back; it may not go anywhere else. */
const GONE: ReadonlySet<Untried['reason']> = new Set(['no-channel', 'no-environment'])

type NotSent = Exclude<Sent | Untried, { kind: 'sent' | 'left' }>

export type Settled = { delivery: Delivery } & (
  | { state: 'sent' }
  | { state: 'waiting' | 'given-up'; why: NotSent }
)

/** A credential may be replaced, a server mended; what the channel cannot read it never will. */
export function laterOf(why: NotSent): { final: boolean; after?: number } {
  if (why.kind === 'untried') return { final: GONE.has(why.reason) }
  if (why.kind === 'refused') return { final: why.reason === 'message' }
  return { final: false, ...(why.afterMs === undefined ? {} : { after: why.afterMs }) }
}

/** The first failure of an alert, and the last: a channel that stays down is no stream of records. */
function isNews({ delivery, state }: Settled): boolean {
  return state !== 'waiting' || delivery.attempts === 0
}

export function entriesOf(gateway: Gateway, way: Way, settled: readonly Settled[]): Entry[] {
  return settled.filter(isNews).map((one) => entryOf(gateway, way, one))
}

/** Of what nobody can say whose it was. */
export function unreadable(
  { actor, loaded }: Gateway,
  { environment, channel }: Way,
  count: number,
): Entry {
  const about = { actor, environment, config: loaded.hash, ...(count === 1 ? {} : { count }) }
  const detail = { channel, state: 'given-up' }
  return { event: 'alert.failed', ...about, reason: 'unreadable', detail }
}

function entryOf(gateway: Gateway, { environment, channel }: Way, one: Settled): Entry {
  const { id, alert, attempts, count } = one.delivery
  const about = {
    actor: gateway.actor,
    ...(alert.agent === undefined ? {} : { agent: alert.agent }),
    ...(alert.ref === undefined ? {} : { ref: alert.ref }),
    environment,
    config: gateway.loaded.hash,
    ...(count === 1 ? {} : { count }),
    detail: { alert: alert.event, id, channel, attempts: attempts + 1, state: one.state },
  }
  if (one.state === 'sent') return { event: 'alert.sent', ...about }
  const code = one.why.kind === 'untried' ? one.why.code : undefined
  const reason = reasonOf(one.why)
  const exit = exitOf(one.why)
  return {
    event: 'alert.failed',
    ...about,
    reason,
    ...(code === undefined ? {} : { code }),
    ...(exit === undefined ? {} : { exit: { code: exit } }),
  }
}

function exitOf(why: NotSent): number | undefined {
  return why.kind === 'unavailable' ? why.exit : undefined
}

/** The reason, and a program's exit code: `exit-code 7`. It is kept for those who only say what waits. */
export function troubleOf(why: NotSent): string {
  const exit = exitOf(why)
  return exit === undefined ? reasonOf(why) : `${reasonOf(why)} ${exit}`
}

/** One word, as it is on record. */
export function reasonOf(why: NotSent): string {
  if (why.kind !== 'refused') return why.reason
  // Nobody was asked.
  const ours = why.reason === 'secret-short' || why.reason === 'secret-encoding'
  return ours ? why.reason : `${why.reason}-refused`
}

/** One line for each reason, however many alerts it holds up. @returns how many of them wait */
export function sayNews(
  gateway: Gateway,
  say: Say,
  { channel }: Way,
  settled: readonly Settled[],
): number {
  const failed = settled.filter(isNews).filter((one) => one.state !== 'sent')
  for (const group of Map.groupBy(failed, ({ why }) => troubleOf(why)).values()) {
    const [first] = group
    if (first === undefined) continue
    const what = group.length === 1 ? 'an alert' : `${group.length} alerts`
    const lost = group.filter(({ state }) => state === 'given-up').length
    const then =
      lost === 0 ? 'it is tried again' : lost < group.length ? 'some are given up' : 'given up'
    const { words, hint } = explained(gateway, channel, first.why)
    say('error', `${what} not sent to ${channelInWords(channel)}: ${words}; ${then}`, hint)
  }
  return failed.filter(({ state }) => state === 'waiting').length
}

/** Of what was tried in vain before, or not at all as its channel is left alone. */
export function sayWaiting(
  gateway: Gateway,
  say: Say,
  { environment, channel, count, from, reason }: Waiting,
): void {
  const what = count === 1 ? 'an alert still waits' : `${count} alerts still wait`
  const where = environment === homeEnvironment(gateway.loaded.config) ? '' : ` (${environment})`
  const when = from > gateway.now() ? `, not before ${from.toISOString().slice(11, 19)}Z` : ''
  const { words, hint } = reason === undefined ? UNKNOWN : wordsFor(gateway, channel, reason)
  const why = words === '' ? '' : `: ${words}`
  say('warn', `${what} for ${channelInWords(channel)}${where}${when}${why}`, hint)
}

const NEXT = 'the next run or gateway with this config sends what is left'

/** The caller waits no longer; another one sends them. */
export function sayLeft(say: Say, { channel }: Way, count: number): void {
  const what = count === 1 ? 'an alert is' : `${count} alerts are`
  say('warn', `${what} not sent to ${channelInWords(channel)} in time`, NEXT)
}

interface Words {
  words: string
  hint: string
}

const UNKNOWN: Words = { words: '', hint: NEXT }

function explained(gateway: Gateway, channel: string, why: NotSent): Words {
  if (why.kind === 'untried' && why.words !== undefined) {
    return { words: why.words, hint: why.hint ?? WHY }
  }
  return wordsFor(gateway, channel, troubleOf(why))
}

/** @param trouble as `troubleOf` gives it */
function wordsFor({ loaded }: Gateway, channel: string, trouble: string): Words {
  const [reason = '', exit] = trouble.split(' ')
  const name = channel.startsWith('webhook:') ? channel.slice('webhook:'.length) : undefined
  const { webhooks = {} } = loaded.config.alerts ?? {}
  const ref = name === undefined ? undefined : webhooks[name]?.secret.secretRef
  const ofSecret = ref === undefined ? undefined : SECRET[reason]?.(ref)
  const ofProgram = reason === 'exit-code' ? exitWords(exit) : undefined
  const [words, hint] = ofSecret ?? ofProgram ?? WORDS[reason] ?? ['it was not taken', WHY]
  return { words, hint }
}

type Explained = readonly [words: string, hint: string]

const anew = (ref: string): string =>
  `make one: whsec_ and what \`openssl rand -base64 32\` prints; give it to the receiver, and here: secretref secrets set ${shellWord(ref)}`

/** About the signing secret of a webhook, by its ref. */
const SECRET: Readonly<Record<string, (ref: string) => Explained>> = {
  'secret-short': (ref) => [
    `its signing secret "${ref}" is too short, 24 bytes is the least, and nothing was sent`,
    anew(ref),
  ],
  'secret-encoding': (ref) => [
    `its signing secret "${ref}" begins with whsec_ and goes on with what is no base64, and nothing was sent`,
    anew(ref),
  ],
  'credential-refused': (ref) => [
    `it refuses what is signed with "${ref}"`,
    `see that it has the same secret, and the right time; to set it anew: secretref secrets set ${shellWord(ref)}`,
  ],
}

const BY_HAND =
  'what it printed is not shown; run it by hand with the JSON of an alert on stdin, or have it write a log of its own'

function exitWords(exit: string | undefined): Explained {
  return [`its program ended with exit code ${exit ?? 'other than 0'}`, BY_HAND]
}

const WHY = `\`secretref why --agent ${MONITOR}\` shows what alerts are sent with`

const WORDS: Readonly<Record<string, Explained>> = {
  'no-credential': ['what it is sent with could not be had', WHY],
  'no-sender': ['what sends could not be started', '`secretref doctor` checks the surroundings'],
  'credential-refused': [
    'its credential is refused',
    `replace it at its service and set it anew; \`secretref secrets verify --agent ${MONITOR}\` tries it`,
  ],
  'destination-refused': [
    'there is no such place, or it may not be used',
    'see that the channel is there and the bot is in it, that the address is right, that the program is a file of yours or root’s, no link, which nobody else can change',
  ],
  'elsewhere-refused': [
    'the address of its incoming webhook is not Slack’s',
    'set the one that Slack shows, https://hooks.slack.com/…; GovSlack, or a server of a test, is named by targets."slack-webhook".baseUrl',
  ],
  'message-refused': ['the message is refused', 'look into the log of the receiver'],
  network: ['it could not be reached', 'see that it runs, and that this machine may reach it'],
  busy: ['it takes no more for now', 'there is nothing to do'],
  server: ['it answers with an error of its own', 'look into its log, or at its status page'],
  killed: ['its program was ended by a signal', BY_HAND],
  timeout: [
    `its program did not end within ${MESSAGE_TIMEOUT_MS / 1000} s, and was ended`,
    'have it hand the alert on and end; what takes longer can go on in a process of its own',
  ],
  'not-startable': [
    'its program could not be started',
    'its first line may name an interpreter that is not there',
  ],
  'output-too-large': ['its program wrote more than 64 KiB, and was ended', 'have it print less'],
  unclear: [
    'it is refused for a reason that is not known here',
    'look at its status page, and into what it says of the bot',
  ],
  'no-channel': ['the config has no such channel any more', 'there is nothing to do'],
  'no-environment': ['the config has no such environment any more', 'there is nothing to do'],
  'base-url-misplaced': [
    'targets names a server without TLS, which does not count in production',
    'state it under this environment, or remove it',
  ],
}
