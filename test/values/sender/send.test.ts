/** Messages to local servers that check what they are sent, as the real ones do. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { text as textIn } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { httpClient } from '../../../src/values/http/request.ts'
import type { Sent } from '../../../src/gateway/alert/words.ts'
import { sendAll } from '../../../src/values/sender/send.ts'
import { sendAsBot, sendByWebhook } from '../../../src/values/sender/slack.ts'
import { sendWebhook } from '../../../src/values/sender/webhook.ts'
import { listen } from '../../fakes/listen.ts'
import { slack } from '../../fakes/slack.ts'

const client = httpClient({ connections: 2 })
afterAll(() => client.close())
const { signal } = new AbortController()

/** A receiver of the specification: the id, the age, and one signature that fits. */
async function receives(request: IncomingMessage, key: Buffer, now: number): Promise<boolean> {
  const body = await textIn(request)
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': list } = request.headers
  if (typeof id !== 'string' || typeof time !== 'string' || typeof list !== 'string') return false
  if (Math.abs(now - Number(time)) > 300) return false
  const wanted = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest()
  return list.split(' ').some((one) => {
    const [version, signature = ''] = one.split(',')
    const got = Buffer.from(signature, 'base64')
    return version === 'v1' && got.length === wanted.length && timingSafeEqual(got, wanted)
  })
}

describe('a webhook of one’s own', () => {
  const key = Buffer.from('fake-key-of-thirty-two-bytes-ab!')
  const at = new Date('2026-11-25T12:00:00Z')
  const body = Buffer.from('{"type":"credential.expiring"}')
  const send = async (secret: Buffer, url: string): ReturnType<typeof sendWebhook> =>
    sendWebhook(client, { url: new URL(url), secret }, { id: 'msg_1', body, at }, signal)
  const receiver = (): ReturnType<typeof listen> =>
    listen((request, response) => {
      void receives(request, key, at.getTime() / 1000).then((good) =>
        response.writeHead(good ? 204 : 401).end(),
      )
    })

  test('is signed so that its receiver takes it, whichever way the secret is written', async () => {
    const { url } = await receiver()
    expect(await send(key, url)).toEqual({ kind: 'sent' })
    const written = Buffer.from(['whsec', key.toString('base64')].join('_'))
    expect(await send(written, url)).toEqual({ kind: 'sent' })
  })

  test('with another secret is not taken', async () => {
    const { url } = await receiver()
    const other = Buffer.from('fake-other-of-thirty-two-bytes-a')
    expect(await send(other, url)).toEqual({ kind: 'refused', reason: 'credential' })
  })

  test('is not sent with a secret that is too short, or no base64', async () => {
    const { url, requests } = await receiver()
    const short = Buffer.from('fake-short')
    const written = Buffer.from(['whsec', short.toString('base64')].join('_'))
    for (const secret of [short, written, Buffer.alloc(0)]) {
      expect(await send(secret, url)).toEqual({ kind: 'refused', reason: 'secret-short' })
    }
    const wrong = Buffer.from(['whsec', 'fake-key-that-is-no-base64'].join('_'))
    expect(await send(wrong, url)).toEqual({ kind: 'refused', reason: 'secret-encoding' })
    expect(requests).toEqual([])
  })

  test.each([
    [429, { kind: 'unavailable', reason: 'busy', afterMs: 7000 }],
    [503, { kind: 'unavailable', reason: 'server' }],
    [302, { kind: 'refused', reason: 'destination' }],
    [404, { kind: 'refused', reason: 'destination' }],
    [400, { kind: 'refused', reason: 'message' }],
  ])('that is answered with %i', async (status, sent) => {
    const elsewhere = await listen((_, response) => response.end())
    const { url } = await listen((_, response) => {
      response.writeHead(status, { 'retry-after': '7', location: elsewhere.url }).end()
    })
    expect(await send(key, url)).toEqual(sent)
    expect(elsewhere.requests).toEqual([])
  })

  test('that nobody takes is sent later', async () => {
    expect(await send(key, 'http://127.0.0.1:1')).toMatchObject({ kind: 'unavailable' })
  })
})

const TOKEN = ['xoxb', 'fake', 'bot'].join('-')

function sendToSlack(url: string, word: string, channel: string): ReturnType<typeof sendAsBot> {
  const to = { token: Buffer.from(word), channel, baseUrl: new URL(url) }
  return sendAsBot(client, to, 'hello', signal)
}

function says(error: string): ReturnType<typeof listen> {
  return listen((_, response) => response.end(JSON.stringify({ ok: false, error })))
}

describe('Slack', () => {
  test('takes a bot’s message for its channel; a no that is answered with 200 is a no', async () => {
    const { url } = await slack([TOKEN], 'invalid_auth', ['#finance-alerts'])
    expect(await sendToSlack(url, TOKEN, '#finance-alerts')).toEqual({ kind: 'sent' })
    expect(await sendToSlack(url, 'xoxb-wrong', '#finance-alerts')).toEqual({
      kind: 'refused',
      reason: 'credential',
    })
    expect(await sendToSlack(url, TOKEN, '#nowhere')).toEqual({
      kind: 'refused',
      reason: 'destination',
    })
  })

  test('a name in a message is no mention, no link and no markup', async () => {
    const hook = await listen((_, response) => response.end('ok'))
    await sendByWebhook(
      client,
      new URL(hook.url),
      '<!channel> <https://evil.example|ok> & co',
      signal,
    )
    const raw = hook.received().toString()
    expect(raw).toContain('&lt;!channel&gt; &lt;https://evil.example|ok&gt; &amp; co')
    expect(raw).toContain('"mrkdwn":false')
  })

  test('that answers nonsense has not taken it, and is down', async () => {
    for (const body of ['<html>', '{}', '{"ok":"true"}', '[]', '{"ok":false}']) {
      const { url } = await listen((_, response) => response.end(body))
      expect(await sendToSlack(url, TOKEN, '#finance-alerts')).toEqual({
        kind: 'unavailable',
        reason: 'server',
      })
    }
  })

  test.each([
    ['msg_too_long', { kind: 'refused', reason: 'message' }],
    ['no_text', { kind: 'refused', reason: 'message' }],
    ['account_inactive', { kind: 'refused', reason: 'credential' }],
    ['is_archived', { kind: 'refused', reason: 'destination' }],
    ['ratelimited', { kind: 'unavailable', reason: 'busy' }],
    ['team_added_to_org', { kind: 'unavailable', reason: 'server' }],
    ['a_word_of_next_year', { kind: 'unavailable', reason: 'unclear' }],
    ['constructor', { kind: 'unavailable', reason: 'unclear' }],
  ])('that says %s: final only where the message is at fault', async (error, sent) => {
    const { url } = await says(error)
    expect(await sendToSlack(url, TOKEN, '#finance-alerts')).toEqual(sent)
  })

  test.each([
    [400, 'invalid_payload', { kind: 'refused', reason: 'message' }],
    [400, 'no_text\n', { kind: 'refused', reason: 'message' }],
    [400, 'a_word_of_next_year', { kind: 'unavailable', reason: 'unclear' }],
    [400, 'x'.repeat(100_000), { kind: 'unavailable', reason: 'unclear' }],
    [403, 'action_prohibited', { kind: 'refused', reason: 'credential' }],
    [404, 'channel_not_found', { kind: 'refused', reason: 'destination' }],
    [410, 'channel_is_archived', { kind: 'refused', reason: 'destination' }],
    [418, 'no_text', { kind: 'unavailable', reason: 'unclear' }],
    [500, 'rollup_error', { kind: 'unavailable', reason: 'server' }],
  ])('by an incoming webhook, with %i %.20s', async (status, body, sent) => {
    const { url } = await listen((_, response) => response.writeHead(status).end(body))
    expect(await sendByWebhook(client, new URL(url), 'hello', signal)).toEqual(sent)
  })

  test('what there is no time for is left, and is no failure of the channel', async () => {
    const hanging = await listen(() => {})
    const tried: Sent[] = []
    const message = { id: '1', text: 'hello', body: '{}' }
    const channel = { kind: 'slack', channel: '#x', baseUrl: hanging.url } as const
    const order = { v: 1, channel, messages: [message, { ...message, id: '2' }] } as const
    const until = AbortSignal.timeout(100)
    await sendAll(order, Buffer.from(TOKEN), until, (one) => void tried.push(one))
    expect(tried).toEqual([{ kind: 'left' }, { kind: 'left' }])
    expect(hanging.requests).toHaveLength(1)
  })

  test('a message with a reason of its own holds up no other', async () => {
    const { url, requests } = await says('a_word_of_next_year')
    const tried: Sent[] = []
    const message = { id: '1', text: 'hello', body: '{}' }
    const channel = { kind: 'slack', channel: '#x', baseUrl: url } as const
    const order = { v: 1, channel, messages: [message, { ...message, id: '2' }] } as const
    await sendAll(order, Buffer.from(TOKEN), signal, (one) => void tried.push(one))
    const unclear = { kind: 'unavailable', reason: 'unclear' }
    expect(tried).toEqual([unclear, unclear])
    expect(requests).toHaveLength(2)
  })
})
