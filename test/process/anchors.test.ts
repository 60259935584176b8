/** Anchors in a run: what fails among them is told and holds nobody up, and what they keep convicts. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { notesIn } from '../../src/audit/note.ts'
import { expectNoLeak, newSecret } from './leaks.ts'
import {
  configOf,
  makeWorld,
  recordsOf,
  run,
  runAgent,
  start,
  until,
  type World,
} from './support.ts'

function settings(world: World, ...anchors: readonly object[]): void {
  writeFileSync(world.home.auditSettings, JSON.stringify({ anchors }), { mode: 0o600 })
}

describe('an anchor that fails', () => {
  test('is told and recorded, and the agent runs as ever', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']), secrets: { key: secret.value } })
    const notes = join(world.dir, 'notes')
    const hangs = { type: 'command', command: ['/bin/sh', '-c', 'sleep 300'] }
    const fails = {
      type: 'command',
      command: ['/bin/sh', '-c', 'echo "$HOME"; exit 3', 'fake-word'],
    }
    settings(world, hangs, fails, { type: 'file', path: notes })
    const running = start(world, [
      'run',
      '--config',
      world.config,
      '--',
      '/bin/sh',
      '-c',
      'echo "got ${#KEY}"; exit 7',
    ])
    await running.says(/^got [1-9]\d*$/m)
    const ended = await running.ended
    expect(ended.code).toBe(7)
    expect(ended.err).toContain(
      'the checkpoint did not reach the anchor command /bin/sh: it ended with exit code 3',
    )
    expect(recordsOf(world).filter(({ event }) => event === 'anchor.failed')).toMatchObject([
      { detail: { anchor: 'command /bin/sh' } },
      { detail: { anchor: 'command /bin/sh' }, reason: 'it ended with exit code 3' },
    ])
    expect(notesIn(readFileSync(notes, 'utf8'))).toHaveLength(1)
    expectNoLeak(world, secret, [ended], ['state/secrets.json'])
  })

  test('and is only slow, goes on when the run has ended, and gets the note', async () => {
    const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value' } })
    const notes = join(world.dir, 'notes')
    settings(world, { type: 'command', command: ['/bin/sh', '-c', `sleep 3; cat >>${notes}`] })
    const begin = performance.now()
    const ended = await runAgent(world, ['/bin/true'])
    expect(ended.code).toBe(0)
    expect(ended.err).toContain(
      'the checkpoint is still on its way to the anchor command /bin/sh: it had not answered when the run ended',
    )
    expect(performance.now() - begin).toBeLessThan(5000)
    expect(existsSync(notes)).toBe(false)
    await until('the note', () => existsSync(notes) && readFileSync(notes, 'utf8') !== '')
    expect(readFileSync(notes, 'utf8')).toBe(
      notesIn(readFileSync(world.home.checkpoints, 'utf8'))[0],
    )
    expect(recordsOf(world).at(-1)).toMatchObject({
      event: 'anchor.failed',
      reason: 'it had not answered when the run ended',
    })

    // Whoever asks for a checkpoint is told what became of it.
    const asked = await run(world, ['log', 'checkpoint'])
    expect(asked).toMatchObject({ code: 0, err: '' })
    expect(notesIn(readFileSync(notes, 'utf8'))[1]).toBe(asked.out)
  })

  test('settings that hold a mistake stop a run before anything is fetched', async () => {
    const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value' } })
    settings(world, { type: 'file', paht: '/mnt/notes' })
    const ended = await runAgent(world, ['/bin/true'])
    expect(ended).toMatchObject({ code: 125, out: '' })
    expect(ended.err).toContain(`${world.home.auditSettings}, "anchors[0]" has a key "paht"`)
    expect(ended.err).toContain('[CONFIG_INVALID]\nhint: did you mean "path"?')
    expect(existsSync(world.home.auditLog)).toBe(false)
  })
})

test('a log that was written anew, with the key of the one before, does not agree with its anchor', async () => {
  const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value' } })
  const elsewhere = join(world.dir, 'elsewhere')
  mkdirSync(elsewhere, { mode: 0o700 })
  const notes = join(elsewhere, 'notes')
  settings(world, { type: 'file', path: notes })
  await runAgent(world, ['/bin/true'])
  const check = (): ReturnType<typeof run> => run(world, ['log', 'verify', '--against', notes])
  expect(await check()).toMatchObject({ code: 0 })

  // Everything that this user can write, the signing key excepted; then a history without that run.
  const { auditLog, auditLock, checkpoint, checkpoints, auditSettings } = world.home
  for (const path of [auditLog, auditLock, checkpoint, checkpoints, auditSettings]) {
    rmSync(path, { force: true })
  }
  await runAgent(world, ['/bin/true'])
  expect(await run(world, ['log', 'verify'])).toMatchObject({ code: 0 })
  const ended = await check()
  expect(ended.code).toBe(1)
  expect(ended.err).toContain('[AUDIT_TAMPERED]')
})
