/** Anchors, each with a real receiver, and every way in which one can fail. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Anchor } from '../../../src/audit/anchor/parse.ts'
import { nameOf, publishCheckpoint, type AnchorFailure } from '../../../src/audit/anchor/publish.ts'
import { notesIn } from '../../../src/audit/note.ts'
import { namespace } from '../../process/namespace.ts'
import { isAlive, until } from '../../process/support.ts'
import { isRoot, skipLoudly } from '../../values/loud.ts'
import { tempDir } from '../home.ts'

const NOTE = ['log.example/1', '12', 'AAAA', '', '— log.example/1 c2ln', ''].join('\n')

function publish(
  anchors: readonly Anchor[],
  {
    timeoutMs,
    signal = new AbortController().signal,
  }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<readonly AnchorFailure[]> {
  const bounds = { checkpoint: { records: 1, seconds: 1 }, segment: { bytes: 1024, days: 1 } }
  return publishCheckpoint({ ...bounds, anchors }, NOTE, signal, timeoutMs)
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
    expect(readFileSync(path, 'utf8')).toBe(`before\n${NOTE}`)
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
    const path = join(import.meta.dirname, 'published.ts')
    const script = `
      mount -t tmpfs -o size=64k none /mnt || exit 9
      "$1" "$2" /mnt/notes
      cat /mnt/notes >&2
      head -c 1000000 /dev/zero >/mnt/zero 2>/dev/null
      for i in 1 2 3 4; do cat /mnt/notes /mnt/notes >>/mnt/more 2>/dev/null; done
      "$1" "$2" /mnt/new
      mount -o remount,ro /mnt
      "$1" "$2" /mnt/notes`
    const words = ['sh', '-c', script, 'sh', process.execPath, path]
    const { stdout, stderr } = spawnSync('env', [...wrapper, ...words], { encoding: 'utf8' })
    expect(stdout.split('\n')).toEqual([
      '[]',
      '[{"anchor":"file /mnt/new","cause":"the disk is full"}]',
      '[{"anchor":"file /mnt/notes","cause":"the file system is read-only"}]',
      '',
    ])
    expect(notesIn(stderr)).toHaveLength(1)
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
    await until('the other anchor', () => existsSync(path) && readFileSync(path, 'utf8') === NOTE)
    expect(await publishing).toEqual([
      { anchor: 'command /bin/sh', cause: 'it took longer than 1 s' },
    ])
    const sleeping = pidIn(pid)
    if (sleeping === undefined) throw new Error('it did not start')
    await until('the end of what it started', () => !isAlive(sleeping))
  })

  test('is ended when the caller gives up', async () => {
    const pid = join(tempDir(), 'pid')
    const giveUp = new AbortController()
    const publishing = publish([shell(`echo $$ >${pid}; sleep 300`)], { signal: giveUp.signal })
    const started = await until('the command', () => pidIn(pid))
    giveUp.abort()
    expect(await publishing).toEqual([
      { anchor: 'command /bin/sh', cause: 'it was given up before it was done' },
    ])
    await until('its end', () => !isAlive(started))
    expect(await publish([shell('true')], { signal: giveUp.signal })).toHaveLength(1)
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
    const giveUp = new AbortController()
    const hang = (): Promise<readonly AnchorFailure[]> =>
      publish([shell('sleep 300')], { signal: giveUp.signal })
    const hanging = [hang(), hang(), hang(), hang()]
    expect(await hang()).toEqual([
      { anchor: 'command /bin/sh', cause: 'earlier checkpoints still hang on their way' },
    ])
    giveUp.abort()
    await Promise.all(hanging)
  })
})

function program(path: string): Anchor {
  return { type: 'command', command: [path] }
}

function scriptFile(text: string, mode: number): string {
  const path = join(tempDir(), 'program')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
