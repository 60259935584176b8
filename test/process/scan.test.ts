/** `scan` as somebody runs it: what it finds wherever agents keep credentials, and that it shows none. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { expectNoLeak, newSecret, type Secret } from './leaks.ts'
import { skipLoudly } from '../values/loud.ts'
import { copiesIn } from './scan-memory.ts'
import {
  CLI,
  configOf,
  descendantsOf,
  describeOnLinux,
  isAlive,
  makeWorld,
  run,
  runAgent,
  start,
  until,
  type World,
} from './support.ts'
import { hasTerminal, onTerminal } from './terminal.ts'

/** A value that a rule recognises, around a marker that is found again in any form. */
function credential(): Secret {
  const { marker } = newSecret()
  return { marker, value: ['sk', 'live', marker].join('_') }
}

interface Report {
  status: string
  findings: {
    code: string
    fingerprint?: string
    ref?: string
    targets?: string[]
    places: { file: string; line: number }[]
  }[]
  summary: Record<string, number>
  skipped: { file: string; why: string }[]
}

const reportOf = (out: string): Report => {
  const report: Report = JSON.parse(out)
  return report
}

/** Every kind of file that agents keep credentials in, with one value in all of them. */
function agentFiles(world: World, { value }: Secret): string[] {
  const escaped = JSON.stringify(value)
    .slice(1, -1)
    .replaceAll('_', String.raw`\u005f`)
  const files: Record<string, string | Buffer> = {
    '.env': `# mine\nAPI_KEY=${value}\n`,
    '.env.windows': Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`API_KEY=${value}\r\n`, 'utf16le'),
    ]),
    '.env.crlf': `A=1\r\nAPI_KEY="${value}"\r\n`,
    '.mcp.json': JSON.stringify({ mcpServers: { x: { env: { API_KEY: value } } } }),
    'claude_desktop_config.json': `{"env":{"API_KEY":"${escaped}"}}`,
    '.codex/config.toml': `[mcp_servers.x.env]\nAPI_KEY = "${value}"\n`,
    'openclaw.json': JSON.stringify({ gateway: { auth: { token: value } } }),
    'openclaw.json.bak': JSON.stringify({ gateway: { auth: { token: value } } }),
    'openclaw.json.bak.3': JSON.stringify({ gateway: { auth: { token: value } } }),
    'agents/main/agent/models.json': JSON.stringify({ providers: { x: { apiKey: value } } }),
    'agents/main/agent/auth-profiles.json': JSON.stringify({ profiles: { x: { key: value } } }),
    '.bash_history': `ls\nexport API_KEY=${value}\n`,
    '.zsh_history': `: 1700000000:0;curl -H 'Authorization: Bearer ${value}' localhost\n`,
    fish_history: `- cmd: export API_KEY=${value}\n  when: 1700000000\n`,
    'src/invalid.txt': Buffer.concat([Buffer.from([0xff, 0xc0, 0x0a]), Buffer.from(value)]),
    'src/large.txt': `${'word '.repeat(400_000)}${value}`,
  }
  for (const [name, content] of Object.entries(files)) world.write(join('tree', name), content)
  return Object.keys(files).map((name) => join('tree', name))
}

/** Enough to be busy for some seconds. */
const large = (world: World): void => {
  const line = `${'some words, and a-longer-word-1 '.repeat(30_000)}\n`
  mkdirSync(join(world.dir, 'tree'))
  for (let i = 0; i < 30; i++) writeFileSync(join(world.dir, 'tree', `${i}.txt`), line)
}
const scannerOf = (pid: number): Promise<number> =>
  until(
    'a scanner',
    () => descendantsOf(pid).find(({ argv }) => /scanner/.test(argv.join(' ')))?.pid,
  )

describeOnLinux('scan', () => {
  test('finds a value in every kind of file, and shows it in none of its forms', async () => {
    const world = makeWorld()
    const secret = credential()
    const files = agentFiles(world, secret)
    const lines = [['--check'], ['--json'], ['--sarif']]
    const ended = await Promise.all(
      lines.map((options) => run(world, ['scan', 'tree', ...options])),
    )
    expectNoLeak(world, secret, ended, files)
    const [plain, json, sarif] = ended
    expect([plain, json, sarif].map((one) => one?.code)).toEqual([1, 0, 0])
    const { findings, summary } = reportOf(json?.out ?? '')
    const found = new Set(findings.flatMap(({ places }) => places.map(({ file }) => file)))
    expect([...found].sort()).toEqual(files.map((file) => join(world.dir, file)).sort())
    expect(findings).toHaveLength(files.length)
    expect(summary['files']).toBe(files.length)
    expect(plain?.out).toContain('tree/.env:2:9  credential  fits ')
    expect(plain?.out).toContain(`${files.length} credentials found; ${files.length} files`)
    for (const file of files) expect(sarif?.out).toContain(`"uri": "${file}"`)
  })

  test('finds a value that an agent has received, by its ref', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['my-key']), secrets: { 'my-key': secret.value } })
    expect((await runAgent(world, ['/bin/true'])).code).toBe(0)
    const files = ['notes.md', 'x.json'].map((name) => join('tree', name))
    world.write(files[0] ?? '', `see "x" and 'no'\nkey = ${secret.value}\n`)
    world.write(files[1] ?? '', JSON.stringify({ deep: [{ any: secret.value }] }))
    const ended = await Promise.all([
      run(world, ['scan', 'tree', '--json']),
      run(world, ['scan', 'tree']),
    ])
    expectNoLeak(world, secret, ended, [...files, 'state/secrets.json'])
    const { findings } = reportOf(ended[0]?.out ?? '')
    expect(findings.filter(({ code }) => code === 'known-value')).toMatchObject([
      { ref: 'my-key', places: [{ file: join(world.dir, 'tree/notes.md'), line: 2, column: 7 }] },
      { ref: 'my-key', places: [{ file: join(world.dir, 'tree/x.json'), line: 1, column: 18 }] },
    ])
    // Escaped or not, it is one value.
    expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(1)
    expect(ended[1]?.out).toContain('known-value  the value of my-key')
  })

  test('an allow-list takes out what it names, by the fingerprint that was shown', async () => {
    const world = makeWorld()
    const secret = credential()
    world.write('tree/a.txt', secret.value)
    world.write('tree/b.txt', secret.value)
    const before = await run(world, ['scan', 'tree', '--json'])
    const [first] = reportOf(before.out).findings
    const reason = 'made up'
    const list = [
      { fingerprint: first?.fingerprint, reason },
      { file: 'tree/c.txt', reason },
    ]
    world.write('allow.json', JSON.stringify(list))
    const after = await run(world, ['scan', 'tree', '--check', '--allow', 'allow.json'])
    expect(after).toMatchObject({ code: 0, out: expect.stringContaining('no credential found') })
    expect(after.err).toContain('allowed by the allow-list: 2')
    expect(after.err).toContain('entry 2 fits nothing')
    world.write('allow.json', '[{"file":"tree/a.txt"}]')
    const refused = await run(world, ['scan', 'tree', '--allow', 'allow.json'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('entry 1: it has no reason')
  })

  test('what cannot be searched is told, and what cannot be read is exit 2', async () => {
    const world = makeWorld()
    world.write('tree/binary', Buffer.from([1, 0, 2]))
    truncateSync(world.write('tree/huge', 'one line'), 100 * 1024 * 1024)
    symlinkSync('/etc', join(world.dir, 'tree', 'etc'))
    world.write('tree/plain', 'nothing')
    const fine = await run(world, ['scan', 'tree'])
    expect(fine.code).toBe(0)
    expect(fine.out).toBe('no credential found; 1 file, 0 kB searched\n')
    expect(fine.err).toContain('1 file skipped: binary')
    expect(fine.err).toContain('1 file skipped: larger than 10 MiB')
    expect(fine.err).toContain('note: not followed: 1 symbolic link; one that you name is')
    // There, and leads nowhere.
    symlinkSync('nowhere', join(world.dir, 'nowhere'))
    const missing = await run(world, ['scan', 'tree', 'nowhere', '--json'])
    expect(missing.code).toBe(2)
    expect(reportOf(missing.out)).toMatchObject({
      status: 'unresolved',
      findings: [{ code: 'unreadable', places: [{ file: join(world.dir, 'nowhere') }] }],
      skipped: [{ file: join(world.dir, 'tree/binary') }, { file: join(world.dir, 'tree/huge') }],
    })
  })

  test('a path that is not there is a mistake on the command line, and nothing is searched', async () => {
    const world = makeWorld()
    world.write('tree/plain', 'nothing')
    for (const path of ['nope', 'tree/plain/nope', join(world.dir, 'nope')]) {
      const ended = await run(world, ['scan', 'tree', path, '--json'])
      expect(ended).toMatchObject({ code: 1, out: '' })
      expect(ended.err).toContain(`there is no ${path} [USAGE]\n`)
    }
    const secret = credential()
    const ended = await run(world, ['scan', `${secret.value}.md`])
    expect(ended.err).toContain('there is no ….md [USAGE]\n')
    expectNoLeak(world, secret, [ended], [])
  })

  test('a credential in the name of a file or a folder is not shown, and the file can be found', async () => {
    const world = makeWorld()
    const inName = credential()
    const inFolder = credential()
    const inside = credential()
    const paths = [
      world.write(`tree/key-${inName.value}.md`, `API_KEY=${inside.value}\n`),
      world.write(`tree/${inFolder.value}/.env`, `API_KEY=${inside.value}\n`),
      world.write(`tree/${inName.value}`, Buffer.from([1, 0, 2])),
    ]
    const [inode, other] = [paths[0], dirname(paths[1] ?? '')].map(
      (path = '') => statSync(path).ino,
    )
    const ended = await Promise.all(
      [[], ['--json'], ['--sarif']].map((more) => run(world, ['scan', 'tree', ...more])),
    )
    const [plain, json, sarif] = ended
    expect(plain?.out).toContain(`tree/key-…(inode ${inode}).md:1:`)
    expect(plain?.out).toContain(`tree/…(inode ${other})/.env:1:`)
    expect(json?.out).toContain(`/tree/key-…(inode ${inode}).md"`)
    expect(sarif?.out).toContain(`tree/key-${encodeURIComponent(`…(inode ${inode}).md`)}`)
    for (const secret of [inName, inFolder]) expectNoLeak(world, secret, ended, [])
    const files = paths.map((path) => relative(world.dir, path))
    expectNoLeak(world, inside, ended, files)
    const allowed = world.write(
      'allow.json',
      JSON.stringify([
        { file: `tree/key-${inName.value}.md`, reason: 'fake' },
        { file: 'gone', reason: 'fake' },
        { file: 'gone too', reason: 'fake' },
        { file: 'ended', reason: 'fake', until: '2020-01-01' },
      ]),
    )
    const rest = await run(world, ['scan', 'tree', '--allow', allowed])
    expect(rest.out).toContain('1 credential found')
    expect(rest.err).toContain('note: of the allow-list, entries 2 and 3 fit nothing\n')
    expect(rest.err).toContain('note: of the allow-list, entry 4 has come to its day')
  })

  test('our own keys and stores are told of as left out', async () => {
    const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value' } })
    await runAgent(world, ['true'])
    const ends = ['BEGIN', 'END'].map((word) => `-----${word} PRIVATE KEY-----`)
    const key = ends.join(`\n${'Fake'.repeat(16)}\n`)
    for (const path of [
      world.home.checkpointKey,
      world.home.store.identity,
      world.home.store.path,
    ]) {
      writeFileSync(path, key, { mode: 0o600 })
    }
    const ended = await run(world, ['scan', world.home.dir, '--all'])
    expect(ended.out).toContain('no credential found')
    expect(ended.err).toMatch(/note: [34] files skipped: the store or a key of this installation/)
    // What else lies there is searched.
    world.write(relative(world.dir, join(world.home.dir, 'notes')), key)
    expect((await run(world, ['scan', world.home.dir])).out).toContain('1 credential found')
  })

  test('a hostile name is shown harmlessly, and a linked path by the name it was given', async () => {
    const world = makeWorld()
    const { value } = credential()
    world.write('tree/\u001b[31m\n\u202ename', value)
    symlinkSync('tree', join(world.dir, 'link'))
    const lines = [[], ['--json'], ['--sarif']]
    const ended = await Promise.all(
      lines.map((options) => run(world, ['scan', 'link', ...options])),
    )
    for (const { out, err } of ended) {
      expect(out + err).not.toMatch(/[\u001b\u202e]/) // oxlint-disable-line no-control-regex
      expect(out).toContain('link/')
      expect(out).not.toContain('tree/')
    }
  })

  test('control holds no value, with all that was found in its hands', async () => {
    const world = makeWorld()
    const secret = credential()
    mkdirSync(join(world.dir, 'tree'))
    const count = 600
    for (let i = 0; i < count; i++) world.write(`tree/.env.${i}`, `API_KEY=${secret.value}${i}\n`)
    // Nobody reads what it prints: it waits with it, and is looked at.
    const control = spawn(process.execPath, [CLI, 'scan', 'tree', '--json'], {
      cwd: world.dir,
      env: world.env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void control.kill('SIGKILL'))
    const ended = once(control, 'exit')
    const pid = control.pid ?? 0
    await until('a scanner', () => descendantsOf(pid).length > 0)
    await until('it has ended', () => descendantsOf(pid).length === 0, 20_000)
    expect(copiesIn(pid, secret.marker)).toEqual([])
    expect(isAlive(pid)).toBe(true)
    expect(reportOf(await text(control.stdout)).findings).toHaveLength(count)
    await ended
  })

  test('ends with its control', async () => {
    const world = makeWorld()
    large(world)
    const control = start(world, ['scan', 'tree'])
    const scanner = await scannerOf(control.pid)
    control.child.kill('SIGKILL')
    await control.ended
    await until('the scanner has ended', () => !isAlive(scanner))
    expect(control.soFar().out).toBe('')
  })

  test('a scanner that is killed is no empty result', async () => {
    const world = makeWorld()
    large(world)
    const control = start(world, ['scan', 'tree', '--json'])
    process.kill(await scannerOf(control.pid), 'SIGKILL')
    expect(await control.ended).toMatchObject({ code: 2, out: '' })
    expect(control.soFar().err).toContain('[INTERNAL]')
  })

  test('says on a terminal how far it has come, and takes that away', async (context) => {
    if (!hasTerminal) skipLoudly(context, 'progress on a terminal', 'needs Python for a terminal')
    const world = makeWorld()
    large(world)
    const { code, out } = await run(world, ['scan', 'tree'], {
      through: onTerminal,
      env: { TERM: 'xterm' },
    })
    expect(code).toBe(0)
    const [last = '', ...before] = out.split('\r\u001b[K').toReversed()
    expect(before.filter((line) => /^\d+ files, [\d.]+ [kM]B: /.test(line))).not.toEqual([])
    expect(last).toBe('no credential found; 30 files, 28.8 MB searched\r\n')
  })
})
