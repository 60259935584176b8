/** Anchors, each with a real receiver, and every way in which one can fail. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test, type TestContext } from 'vitest'
import type { Anchor } from '../../../src/audit/anchor/parse.ts'
import { nameOf, publishCheckpoint, type AnchorFailure } from '../../../src/audit/anchor/publish.ts'
import { notesIn } from '../../../src/audit/note.ts'
import { notesKept } from '../../../src/audit/vouched.ts'
import { namespace } from '../../process/namespace.ts'
import { isAlive, until } from '../../process/support.ts'
import { isRoot, skipLoudly } from '../../values/loud.ts'
import { tempDir } from '../home.ts'
import { NOTE } from './sample-note.ts'

const PUBLISHED = join(import.meta.dirname, 'published.ts')

function publish(
  anchors: readonly Anchor[],
  {
    home = tempDir(),
    leave = new AbortController().signal,
    ...rest
  }: { home?: string; leave?: AbortSignal; timeoutMs?: number } = {},
): Promise<readonly AnchorFailure[]> {
  return publishCheckpoint(anchors, NOTE, { home, leave, ...rest })
}

function shell(script: string): Anchor {
  return { type: 'command', command: ['/bin/sh', '-c', script] }
}

function pidIn(file: string): number | undefined {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined
}

test('no anchors, no process', async () => {
  expect(await publish([])).toEqual([])
})

describe('a file', () => {
  test('is made 0600, and notes are appended to it', async () => {
    const path = join(tempDir(), 'notes')
    expect(await publish([{ type: 'file', path }])).toEqual([])
    expect(await publish([{ type: 'file', path }])).toEqual([])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(notesIn(readFileSync(path, 'utf8'))).toEqual([NOTE, NOTE])
  })

  test('two that come at once stand whole beside each other', async () => {
    const path = join(tempDir(), 'notes')
    const anchor: Anchor = { type: 'file', path }
    expect(await Promise.all([publish([anchor, anchor]), publish([anchor])])).toEqual([[], []])
    expect(notesIn(readFileSync(path, 'utf8'))).toEqual([NOTE, NOTE, NOTE])
  })

  test('the right to append is enough', async (context) => {
    const path = join(tempDir(), 'notes')
    writeFileSync(path, 'before\n')
    chmodSync(path, 0o222)
    if (isRoot) {
      const flagged = spawnSync('chattr', ['+a', path])
      if (flagged.status !== 0) skipLoudly(context, 'append-only files', 'no chattr here')
      expect(() => writeFileSync(path, '')).toThrow('EPERM')
    }
    try {
      expect(await publish([{ type: 'file', path }])).toEqual([])
    } finally {
      if (isRoot) execFileSync('chattr', ['-a', path])
      chmodSync(path, 0o600)
    }
    expect(readFileSync(path, 'utf8')).toBe(`before\n\n\n${NOTE}`)
  })

  test('links, folders and FIFOs are not followed and not waited for; a missing folder is not made', async () => {
    const dir = tempDir()
    symlinkSync('elsewhere', join(dir, 'link'))
    mkdirSync(join(dir, 'folder'))
    execFileSync('mkfifo', [join(dir, 'fifo')])
    const expected: [name: string, cause: string][] = [
      ['link', 'it is a symbolic link'],
      ['folder', 'it is a folder'],
      ['fifo', 'it is not a regular file'],
      ['gone/notes', 'there is no such folder'],
    ]
    const failures = await publish(
      expected.map(([name]) => ({ type: 'file', path: join(dir, name) })),
    )
    expect(failures).toEqual(
      expected.map(([name, cause]) => ({ anchor: `file ${join(dir, name)}`, cause })),
    )
    expect(existsSync(join(dir, 'gone'))).toBe(false)
  })

  test('on another disk: there, full, and read-only', (context) => {
    const wrapper = namespace(context, 'anchors on another disk')
    const script = `
      mount -t tmpfs -o size=64k none /mnt || exit 9
      "$1" "$2" /mnt/notes
      cat /mnt/notes >&2
      head -c 1000000 /dev/zero >/mnt/zero 2>/dev/null
      for i in 1 2 3 4; do cat /mnt/notes /mnt/notes >>/mnt/more 2>/dev/null; done
      "$1" "$2" /mnt/new
      mount -o remount,ro /mnt
      "$1" "$2" /mnt/notes`
    const words = ['sh', '-c', script, 'sh', process.execPath, PUBLISHED]
    const { stdout, stderr } = spawnSync('env', [...wrapper, ...words], { encoding: 'utf8' })
    expect(stdout.split('\n')).toEqual([
      '[]',
      '[{"anchor":"file /mnt/new","cause":"the disk is full"}]',
      '[{"anchor":"file /mnt/notes","cause":"the file system is read-only"}]',
      '',
    ])
    expect(notesIn(stderr)).toEqual([NOTE])
  })
})

describe('a note that a full disk cuts short', () => {
  // A page of tmpfs is 4 KiB: what is left of the last one takes the beginning of a note.
  const fill = `
      mount -t tmpfs -o size=64k none /mnt || exit 9
      head -c 4066 /dev/zero | tr '\\0' x >/mnt/notes
      echo >>/mnt/notes
      head -c 1000000 /dev/zero >/mnt/zero 2>/dev/null
      "$1" "$2" /mnt/notes`
  const full = '[{"anchor":"file /mnt/notes","cause":"the disk is full"}]'

  test('is cut off again', (context) => {
    const said = onAnotherDisk(context, `${fill}\nstat -c %s /mnt/notes`)
    expect(said).toBe(`${full}\n4067\n`)
  })

  test('and cannot be cut off, spoils none of those behind it', (context) => {
    for (const left of [5, 20, 100].map((length) => NOTE.slice(0, length))) {
      const said = onAnotherDisk(
        context,
        `mount -t tmpfs none /mnt
         printf '%s' "$3" >/mnt/notes
         for i in 1 2; do "$1" "$2" /mnt/notes; done >/dev/null
         cat /mnt/notes`,
        left,
      )
      expect(notesIn(said).filter((note) => note === NOTE)).toHaveLength(2)
      expect([...notesKept(said)]).toContain(NOTE)
    }
  })
})

describe('a file of the home itself', () => {
  const cause = 'it lies in the folder of the log itself'

  test.each([
    [
      'through a link to its folder',
      (home: string, dir: string) => {
        symlinkSync(home, join(dir, 'link'))
        return join(dir, 'link', 'notes')
      },
    ],
    [
      'by another name of the log',
      (home: string, dir: string) => {
        linkSync(join(home, 'audit.log'), join(dir, 'notes'))
        return join(dir, 'notes')
      },
    ],
    [
      'by another name of a key',
      (home: string, dir: string) => {
        linkSync(join(home, 'keys', 'k'), join(dir, 'notes'))
        return join(dir, 'notes')
      },
    ],
  ])('%s: nothing is written', async (_, make) => {
    const dir = tempDir()
    const home = join(dir, 'home')
    mkdirSync(join(home, 'keys'), { recursive: true })
    writeFileSync(join(home, 'audit.log'), 'line\n')
    writeFileSync(join(home, 'keys', 'k'), 'line\n')
    const path = make(home, dir)
    expect(await publish([{ type: 'file', path }], { home })).toEqual([
      { anchor: `file ${path}`, cause },
    ])
    expect(existsSync(join(home, 'notes'))).toBe(false)
    expect(readFileSync(join(home, 'audit.log'), 'utf8')).toBe('line\n')
    expect(readFileSync(join(home, 'keys', 'k'), 'utf8')).toBe('line\n')
  })
})

describe('a command', () => {
  test('gets the note on its stdin, and nothing of our environment', async () => {
    const dir = tempDir()
    process.env['SECRETREF_TEST_CALLER'] = 'fake'
    const anchor = shell(`cd ${dir}; cat >note; env >env; pwd >cwd; echo printed; echo printed >&2`)
    try {
      expect(await publish([anchor])).toEqual([])
    } finally {
      delete process.env['SECRETREF_TEST_CALLER']
    }
    expect(readFileSync(join(dir, 'note'), 'utf8')).toBe(NOTE)
    const names = readFileSync(join(dir, 'env'), 'utf8').match(/^\w+(?==)/gm)
    expect(
      names?.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).toSorted(),
    ).toEqual(['HOME', 'LANG', 'PATH'])
  })

  test('no shell reads its arguments, and only its path is told', async () => {
    const command = ['/bin/false', '$(touch x)', 'fake-argument'] as const
    expect(await publish([{ type: 'command', command }])).toEqual([
      { anchor: 'command /bin/false', cause: 'it ended with exit code 1' },
    ])
  })

  test('that fails in any way is told, each', async () => {
    const expected: [command: Anchor, cause: string][] = [
      [shell('echo fake-output >&2; exit 3'), 'it ended with exit code 3'],
      [shell('kill -KILL $$'), 'it was killed by SIGKILL'],
      [program('/nowhere/x'), 'there is no such program'],
      [program('/tmp'), 'it is not a program'],
      [program('/etc/passwd'), 'it may not be executed'],
      [program(scriptFile('#!/bin/sh\n', 0o777)), 'the program can be written by others'],
      [program(scriptFile('#!/nowhere/sh\n', 0o755)), 'its interpreter is missing'],
    ]
    const failures = await publish(expected.map(([anchor]) => anchor))
    expect(failures).toEqual(expected.map(([anchor, cause]) => ({ anchor: nameOf(anchor), cause })))
  })

  test('that does not read is no failure', async () => {
    expect(await publish([shell('exec <&-; exit 0')])).toEqual([])
  })

  test('that hangs is killed with what it started, and holds nobody else up', async () => {
    const dir = tempDir()
    const [path, pid] = [join(dir, 'notes'), join(dir, 'pid')]
    const hanging = shell(`sleep 300 & echo $! >${pid}; wait`)
    const publishing = publish([hanging, { type: 'file', path }], { timeoutMs: 1000 })
    await until(
      'the other anchor',
      () => existsSync(path) && readFileSync(path, 'utf8').endsWith(NOTE),
    )
    expect(await publishing).toEqual([
      { anchor: 'command /bin/sh', cause: 'it took longer than 1 s' },
    ])
    const sleeping = pidIn(pid)
    if (sleeping === undefined) throw new Error('it did not start')
    await until('the end of what it started', () => !isAlive(sleeping))
  })

  test('goes on by itself where the caller cannot wait, and is ended at its own bound', async () => {
    const dir = tempDir()
    const [slow, pid] = [join(dir, 'slow'), join(dir, 'pid')]
    const leave = new AbortController()
    const publishing = publish(
      [shell('exit 3'), shell(`sleep 1; cat >${slow}`), shell(`echo $$ >${pid}; sleep 300`)],
      { leave: leave.signal, timeoutMs: 3000 },
    )
    const hanging = await until('the command that hangs', () => pidIn(pid))
    await setTimeout(300)
    leave.abort()
    const open = { cause: 'it had not answered when the run ended', open: true }
    expect(await publishing).toEqual([
      { anchor: 'command /bin/sh', cause: 'it ended with exit code 3' },
      { anchor: 'command /bin/sh', ...open },
      { anchor: 'command /bin/sh', ...open },
    ])
    expect(existsSync(slow)).toBe(false)
    await until('the note', () => existsSync(slow) && readFileSync(slow, 'utf8') === NOTE)
    await until('its end', () => !isAlive(hanging))
  })

  test('is started also where nobody waits from the beginning', async () => {
    const path = join(tempDir(), 'notes')
    const failures = await publish([{ type: 'file', path }], { leave: AbortSignal.abort() })
    expect(failures).toMatchObject([{ open: true }])
    await until('the note', () => existsSync(path) && readFileSync(path, 'utf8').endsWith(NOTE))
  })

  test('in a folder that others can change is not run, by whatever way it is named', async () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'open'))
    chmodSync(join(dir, 'open'), 0o777)
    mkdirSync(join(dir, 'open', 'sub'))
    mkdirSync(join(dir, 'safe'))
    const ran = join(dir, 'ran')
    for (const folder of ['open', 'open/sub', 'safe']) {
      writeFileSync(join(dir, folder, 'x'), `#!/bin/sh\necho ${folder} >>${ran}\n`, { mode: 0o755 })
    }
    symlinkSync('open/sub', join(dir, 'link'))
    symlinkSync('../open/x', join(dir, 'safe', 'away'))
    symlinkSync('x', join(dir, 'safe', 'beside'))
    symlinkSync('../safe/x', join(dir, 'open', 'back'))
    symlinkSync('link/../../safe', join(dir, 'through'))
    const unsafe = ['open/x', 'open/sub/x', 'link/x', 'safe/away', 'open/back', 'through/x']
    const failures = await publish(unsafe.map((name) => program(join(dir, name))))
    expect(failures.map(({ cause }) => cause)).toEqual(
      unsafe.map(
        () => 'others can put another program in its place: they own or write a folder above it',
      ),
    )
    expect(existsSync(ran)).toBe(false)
    expect(
      await publish([program(join(dir, 'safe/x')), program(join(dir, 'safe/beside'))]),
    ).toEqual([])
    expect(readFileSync(ran, 'utf8')).toBe('safe\nsafe\n')
  })
})

describe('the process that publishes', () => {
  test('is not waited for when it hangs as a whole', async () => {
    const dir = tempDir()
    const pid = join(dir, 'pid')
    const stopping = shell(`echo $PPID >${pid}; kill -STOP $PPID`)
    const failures = await publish([stopping], { timeoutMs: 500 })
    expect(failures).toEqual([{ anchor: 'command /bin/sh', cause: 'it took longer than 0.5 s' }])
    const publisher = pidIn(pid)
    if (publisher === undefined) throw new Error('nobody was stopped')
    await until('its end', () => !isAlive(publisher))
  })

  test('that dies is told for every anchor', async () => {
    const failures = await publish([shell('kill -KILL $PPID'), shell('sleep 1; true')])
    expect(failures.map(({ cause }) => cause)).toEqual([
      'the process that publishes ended without an answer',
      'the process that publishes ended without an answer',
    ])
  })

  test('no more than four at once, however many hang', async () => {
    const pids = [1, 2, 3, 4].map((n) => join(tempDir(), `${n}`))
    const hanging = pids.map((pid) =>
      publish([shell(`echo $$ >${pid}; sleep 300`)], { timeoutMs: 1500 }),
    )
    expect(await publish([shell('sleep 300')])).toEqual([
      { anchor: 'command /bin/sh', cause: 'earlier checkpoints still hang on their way' },
    ])
    await Promise.all(hanging)
  })
})

/** What a shell script says that may mount and publishes with `"$1" "$2" FILE`. */
function onAnotherDisk(context: TestContext, script: string, ...words: readonly string[]): string {
  const wrapper = namespace(context, 'a note that a full disk cuts short')
  const line = [...wrapper, 'sh', '-c', script, 'sh', process.execPath, PUBLISHED, ...words]
  return spawnSync('env', line, { encoding: 'utf8' }).stdout
}

function program(path: string): Anchor {
  return { type: 'command', command: [path] }
}

function scriptFile(text: string, mode: number): string {
  const path = join(tempDir(), 'program')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
