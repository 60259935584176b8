/** The whole program of docs/rotation-exec.md rotates a key of a service that answers as the page says. */
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { bearerOf, listen, type Fake } from '../../fakes/listen.ts'
import { skipLoudly } from '../../values/loud.ts'
import { Stage } from './stage.ts'

const PAGE = join(import.meta.dirname, '../../../docs/rotation-exec.md')
const ADMIN = 'fake-admin'

interface Key {
  id: string
  label: string
}

type Respond = (status: number, body?: unknown) => void

/** @param lose how many creations are made and answered by nothing */
function service(keys: Map<string, Key>, lose: { creations: number }): Promise<Fake> {
  return listen((request, response) => {
    const url = new URL(request.url ?? '/', 'http://service')
    const send: Respond = (status, body) => {
      response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body))
    }
    const mine = keys.get(bearerOf(request))
    if (url.pathname === '/whoami') {
      if (mine === undefined) send(401)
      else send(200, { id: 'acct-1', key: mine.id })
    } else if (bearerOf(request) !== ADMIN) send(403)
    else if (request.method === 'POST') {
      let text = ''
      request.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk))
      request.on('end', () => {
        const { label } = JSON.parse(text)
        const id = `key/${keys.size + 1}`
        const secret = ['fake', 'made', String(keys.size)].join('-')
        keys.set(secret, { id, label })
        if ((lose.creations -= 1) >= 0) request.socket.destroy()
        else send(201, { id, secret })
      })
    } else if (request.method === 'GET') {
      const label = url.searchParams.get('label')
      send(
        200,
        [...keys.values()].filter((key) => key.label === label),
      )
    } else {
      const id = decodeURIComponent(url.pathname.slice('/keys/'.length))
      for (const [secret, key] of keys) if (key.id === id) keys.delete(secret)
      send(204)
    }
  })
}

async function staged(context: TestContext, { url }: Fake): Promise<Stage> {
  if (spawnSync('python3', ['--version']).error)
    skipLoudly(context, 'the program of the page', 'no python3')
  const [, program] = /```python\n([^]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? []
  if (program === undefined) throw new Error('there is no program on the page')
  const options: Record<string, unknown> = { class: 'issued', env: { API: url } }
  const stage = await Stage.make({ type: 'exec', class: 'issued', options }, 'fake-first')
  const command = join(stage.home.dir, 'rotate-billing')
  writeFileSync(command, program)
  chmodSync(command, 0o700)
  options['command'] = command
  const at = { path: 'admin' }
  await stage.session.put?.(at, Buffer.from(ADMIN), { expect: 'absent', operation: 'a' })
  const { provider, type, options: place } = stage.order
  Object.assign(stage.order, { admin: { provider, type, options: place, at } })
  return stage
}

test('from the old key to the new one; what an answer that never came left behind is ended', async (context) => {
  const keys = new Map([['fake-first', { id: 'key/0', label: '' }]])
  const lose = { creations: 1 }
  const stage = await staged(context, await service(keys, lose))
  await stage.attempt()
  expect((await stage.attempt()).rotation.step).toBe('done')
  expect([...keys.keys()]).toEqual([(await stage.current()).value])
  expect(lose.creations).toBe(-1)
})
