/** A config that came with a cloned folder gets no credential and starts nothing before `trust`. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  CLI,
  configOf,
  describeOnLinux,
  makeWorld,
  recordsOf,
  run,
  type Ended,
  type World,
} from './support.ts'

/**
 * A world in which the user has a secret, and a folder with a config that somebody else wrote: it wants
 * that secret, and has a provider and an agent that leave a trace where they run.
 */
function cloned(): { world: World; folder: string; traces: string[]; config: string } {
  const world = makeWorld({ secrets: { k: 'fake-value-of-the-user' } })
  const folder = join(world.dir, 'clone')
  mkdirSync(folder)
  const traces = ['provider-ran', 'agent-ran'].map((name) => join(world.dir, name))
  const [provider = '', agent = ''] = traces
  const program = world.write('clone/provider.sh', `#!/bin/sh\ntouch ${provider}\n`, 0o700)
  const config = join(folder, 'secretref.json')
  const slot = (secretRef: string): object => ({
    'tool-bindings': { t: { required: true, credentials: { c: { secretRef } } } },
    command: ['/bin/sh', '-c', `touch ${agent}; echo "ran with $K"`],
  })
  writeFileSync(
    config,
    JSON.stringify({
      secrets: { providers: { file: {}, own: { type: 'exec', command: program } } },
      openclaw: {
        gateway: { secrets: { refMap: { k: { provider: 'file' }, x: { provider: 'own' } } } },
      },
      agents: { file: slot('k'), exec: slot('x') },
    }),
    { mode: 0o600 },
  )
  return { world, folder, traces, config }
}

function codeIn({ err }: Ended): string | undefined {
  return /\[(\w+)\]\n/.exec(err)?.[1]
}

const STARTS = [
  ['run', ['run', '--agent', 'file']],
  ['run, with a command of the user’s', ['run', '--agent', 'file', '--', '/bin/echo', 'ran']],
  ['run, of the folder’s own provider', ['run', '--agent', 'exec', '--', '/bin/echo', 'ran']],
  ['gateway run', ['gateway', 'run', '--agent', 'file']],
  ['gateway run, of all', ['gateway', 'run']],
  [
    'gateway run, on a schedule',
    ['gateway', 'run', '--agent', 'file', '--schedule', '* * * * * *'],
  ],
  ['secrets set', ['secrets', 'set', 'k']],
] as const

describe('before trust', () => {
  test.each(STARTS)('%s is refused', async (_, words) => {
    const { world, folder, traces } = cloned()
    const stdin = Buffer.from('fake-value-new')
    const ended = await run(world, words, { cwd: folder, stdin })
    expect([ended.code, codeIn(ended)]).toEqual([
      words[0] === 'secrets' ? 1 : 125,
      'CONFIG_UNTRUSTED',
    ])
    expect(ended.out).toBe('')
    expect(ended.err).toContain('secretref trust')
    expect(traces.filter((file) => existsSync(file))).toEqual([])
    // Nobody was even asked.
    expect(recordsOf(world).map(({ event }) => event)).not.toContain('grant.intent')
  })

  test('it may be read: check, show, why, status', async () => {
    const { world, folder, traces } = cloned()
    for (const words of [
      ['config', 'check'],
      ['config', 'show'],
      ['why', '--agent', 'file'],
      ['gateway', 'status', '--secrets'],
    ]) {
      const { code, out, err } = await run(world, words, { cwd: folder })
      expect([words, code]).toEqual([words, 0])
      expect(out + err).not.toContain('fake-value')
    }
    expect(traces.filter((file) => existsSync(file))).toEqual([])
  })

  test('a link to it, and a folder above it, change nothing', async () => {
    const { world, folder, config } = cloned()
    const other = join(world.dir, 'other')
    mkdirSync(other)
    symlinkSync(config, join(other, 'secretref.json'))
    expect(codeIn(await run(world, ['run', '--agent', 'file'], { cwd: other }))).toBe(
      'CONFIG_UNTRUSTED',
    )
    const below = join(folder, 'below')
    mkdirSync(below)
    expect(codeIn(await run(world, ['run', '--agent', 'file'], { cwd: below }))).toBe(
      'CONFIG_NOT_FOUND',
    )
  })
})

async function trusted(): Promise<ReturnType<typeof cloned>> {
  const place = cloned()
  const { code } = await run(place.world, ['trust'], { cwd: place.folder })
  expect(code).toBe(0)
  return place
}

describe('after trust', () => {
  test('it runs, and the trust is on record', async () => {
    const { world, folder } = await trusted()
    const ended = await run(world, ['run', '--agent', 'file'], { cwd: folder })
    expect(ended).toMatchObject({ code: 0, out: 'ran with fake-value-of-the-user\n' })
    expect(recordsOf(world).find(({ event }) => event === 'config.trusted')).toMatchObject({
      detail: { path: join(folder, 'secretref.json') },
    })
  })

  test('one byte more needs it again', async () => {
    const { world, folder, traces, config } = await trusted()
    appendFileSync(config, ' ')
    const ended = await run(world, ['run', '--agent', 'file'], { cwd: folder })
    expect([ended.code, codeIn(ended)]).toEqual([125, 'CONFIG_UNTRUSTED'])
    expect(traces.filter((file) => existsSync(file))).toEqual([])
    expect((await run(world, ['trust'], { cwd: folder })).code).toBe(0)
    expect((await run(world, ['run', '--agent', 'file'], { cwd: folder })).code).toBe(0)
  })

  test('the same text in another folder is not trusted', async () => {
    const { world, folder } = await trusted()
    const moved = join(world.dir, 'moved')
    renameSync(folder, moved)
    expect(codeIn(await run(world, ['run', '--agent', 'file'], { cwd: moved }))).toBe(
      'CONFIG_UNTRUSTED',
    )
  })

  test('an agent inside cannot give it, nor live on an edit of its own', async () => {
    const { world, folder } = await trusted()
    const { execPath } = process
    const line = `echo ' ' >>secretref.json; "${execPath}" "$CLI" trust; "${execPath}" "$CLI" run --agent exec -- echo ran`
    const ended = await run(world, ['run', '--agent', 'file', '--', '/bin/sh', '-c', line], {
      cwd: folder,
      env: { CLI },
    })
    expect(ended.code).toBe(125)
    expect(ended.out).toBe('')
    expect(ended.err.match(/\[\w+\]\n/g)).toEqual([
      '[AGENT_NOT_ALLOWED]\n',
      '[AGENT_NOT_ALLOWED]\n',
    ])
  })
})

function trustedProject(): { world: World; project: string; evil: string } {
  const world = makeWorld({ secrets: { key: 'fake-value-1' } })
  const [project, evil] = [join(world.dir, 'project'), join(world.dir, 'evil')]
  for (const [dir, says] of [
    [project, 'project'],
    [evil, 'evil'],
  ] as const) {
    mkdirSync(dir, { mode: 0o755 })
    writeFileSync(join(dir, 'agent.sh'), `echo ${says} $KEY\n`)
  }
  const config = configOf(['key'], { command: ['/bin/sh', 'agent.sh'] })
  writeFileSync(join(project, 'secretref.json'), JSON.stringify(config), { mode: 0o600 })
  return { world, project, evil }
}

describeOnLinux('a folder that brings its own program', () => {
  test('and links to a config that is trusted elsewhere gets nothing', async () => {
    const { world, project, evil } = trustedProject()
    expect((await run(world, ['trust'], { cwd: project })).code).toBe(0)
    expect((await run(world, ['run'], { cwd: project })).out).toBe('project fake-value-1\n')
    symlinkSync('../project/secretref.json', join(evil, 'secretref.json'))
    for (const words of [['run'], ['gateway', 'run'], ['trust']]) {
      const ended = await run(world, words, { cwd: evil })
      expect(ended.out).not.toContain('evil fake')
    }
    const ended = await run(world, ['run'], { cwd: evil })
    expect([ended.code, ended.out]).toEqual([125, ''])
    expect(ended.err).toContain('is a link out of the folder it was found in [CONFIG_UNTRUSTED]')
  })

  test('does not decide what the user’s own config runs', async () => {
    const { world, project, evil } = trustedProject()
    const words = ['run', '--config', join(project, 'secretref.json')]
    expect((await run(world, words, { cwd: evil })).out).toBe('project fake-value-1\n')
    const given = [...words, '--', '/bin/sh', 'agent.sh']
    expect((await run(world, given, { cwd: evil })).out).toBe('evil fake-value-1\n')
  })

  test('nor does a relative SECRETREF_CONFIG, SECRETREF_HOME or HOME', async () => {
    const { world, project } = trustedProject()
    for (const name of ['SECRETREF_CONFIG', 'SECRETREF_HOME', 'HOME']) {
      const ended = await run(world, ['run'], { cwd: project, env: { [name]: 'secretref.json' } })
      expect([ended.code, ended.out]).toEqual([125, ''])
      expect(ended.err).toContain(`$${name} is not an absolute path [USAGE]`)
    }
  })
})
