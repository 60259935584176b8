/** A gateway in a world of its own, whose alerts go to servers of the test. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { text as textIn } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { Alert } from '../../../src/alerts/types.ts'
import { openAuditLog } from '../../../src/audit/log.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { flushAlerts, type Flushed } from '../../../src/gateway/alert/flush.ts'
import { actorOf } from '../../../src/gateway/actor.ts'
import { Gateway } from '../../../src/gateway/gateway.ts'
import { readSurroundings } from '../../../src/gateway/surroundings.ts'
import { listen, type Fake } from '../../fakes/listen.ts'
import { makeWorld, recordsOf, type World } from '../../process/support.ts'

export const NOW = new Date('2026-11-25T12:00:00Z')
export const TOKEN = ['xoxb', 'fake', 'alerts'].join('-')
export const KEY = Buffer.from('fake-key-of-thirty-two-bytes-ab!')
export const SECRETS = {
  'ops/slack': TOKEN,
  'ops/hook': ['whsec', KEY.toString('base64')].join('_'),
}

export const ALERT: Alert = {
  event: 'credential.expiring',
  severity: 'warning',
  text: 'stripe-api-key ends in 5 days',
  hint: 'rotate it',
  environment: 'default',
  agent: 'payment-analyst',
  ref: 'stripe-api-key',
  key: 'expiring stripe-api-key',
  at: NOW,
}

export interface Stage {
  /** The same, with another config or inside an agent. */
  like(parts: Partial<Pick<Gateway, 'loaded' | 'parent'>>): Gateway
  world: World
  gateway: Gateway
  /** Seconds after the beginning. */
  at(seconds: number): void
  /** Everything that it said, and its hints. */
  said: string[]
  flush(signal?: AbortSignal): Promise<Flushed>
  /** Records of alerts, and of the built-in agent. */
  records(): object[]
}

/** @param alerts as in the config, made in a world; `rest` beside it; `secrets` are the file provider's */
export async function stage(
  alerts: object | ((world: World) => object),
  { secrets = SECRETS, providers = { file: {} }, ...rest }: Record<string, object> = {},
): Promise<Stage> {
  const world = makeWorld({ secrets })
  const made = typeof alerts === 'function' ? alerts(world) : alerts
  world.writeConfig({ secrets: { providers }, alerts: made, ...rest })
  let now = NOW
  const clock = (): Date => now
  const loaded = await loadConfig({ path: world.config, found: false }, { now: NOW })
  const log = openAuditLog(world.home, { now: clock, warn: () => {} })
  onTestFinished(() => log.close())
  const like = (parts: Partial<Pick<Gateway, 'loaded' | 'parent'>>): Gateway =>
    new Gateway({
      home: world.home,
      env: world.env,
      loaded,
      log,
      actor: actorOf(),
      surroundings: readSurroundings(world.env),
      parent: undefined,
      now: clock,
      warn: (sentence, hint) => said.push(sentence, ...(hint === undefined ? [] : [hint])),
      ...parts,
    })
  const said: string[] = []
  const gateway = like({})
  return {
    world,
    gateway,
    like,
    at: (seconds) => {
      now = new Date(NOW.getTime() + seconds * 1000)
    },
    said,
    flush: (signal = new AbortController().signal) =>
      flushAlerts(gateway, {
        say: (_, sentence, hint) => said.push(sentence, ...(hint === undefined ? [] : [hint])),
        signal,
      }),
    records: () =>
      recordsOf(world).filter(
        ({ event, agent }) => event.startsWith('alert.') || agent === 'secretref-monitor',
      ),
  }
}

export function slackAt(url: string): Record<string, object> {
  return { targets: { 'slack-bot-token': { baseUrl: url } } }
}

export const SLACK = { token: { secretRef: 'ops/slack' }, channel: '#finance-alerts' }

export function hookAt(url: string): object {
  return { url: `${url}/in`, secret: { secretRef: 'ops/hook' } }
}

export interface Receiver extends Fake {
  /** Those whose signature fits, in order. */
  taken: { id: string; body: { type: string; data: Record<string, unknown> } }[]
}

/**
 * A receiver as the specification of Standard Webhooks asks for: the id, the age, and one signature that
 * fits, computed here and not by what is tested.
 *
 * @param answer to what was signed well; left out: 204
 */
export async function receiver(
  answer: { status: number; headers?: Record<string, string> } = { status: 204 },
): Promise<Receiver> {
  const taken: Receiver['taken'] = []
  const receive = async (request: IncomingMessage): Promise<boolean> => {
    const body = await textIn(request)
    const {
      'webhook-id': id,
      'webhook-timestamp': time,
      'webhook-signature': all,
    } = request.headers
    if (typeof id !== 'string' || typeof time !== 'string' || typeof all !== 'string') return false
    if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false
    const wanted = createHmac('sha256', KEY).update(`${id}.${time}.${body}`).digest()
    const [version, signature = ''] = all.split(',')
    const got = Buffer.from(signature, 'base64')
    if (version !== 'v1' || got.length !== wanted.length || !timingSafeEqual(got, wanted))
      return false
    taken.push({ id, body: JSON.parse(body) })
    return true
  }
  const fake = await listen((request, response) => {
    void receive(request).then((good) =>
      response.writeHead(good ? answer.status : 401, good ? answer.headers : {}).end(),
    )
  })
  return { ...fake, taken }
}

/** All that is on disk about alerts: none of it may hold a value. */
export function onDisk({ world }: Stage): Buffer {
  const { home } = world
  return Buffer.concat(
    [home.auditLog, `${home.dir}/alerts.db`, `${home.dir}/alerts.db-wal`].flatMap((path) => {
      try {
        return [readFileSync(path)]
      } catch {
        return []
      }
    }),
  )
}
