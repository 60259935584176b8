/** The gateway's end of a resolver, with a real one at the other. */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SecretRefError } from '../../src/errors.ts'
import { Resolver } from '../../src/gateway/resolver.ts'
import { isAlive, isLinux, resolverOf, until } from '../process/support.ts'
import {
  answer,
  execProvider,
  fileProvider,
  folder,
  inFile,
  item,
  named,
  sheetOf,
} from '../values/resolver/sheets.ts'

function newResolver(): Resolver {
  const resolver = new Resolver()
  onTestFinished(() => resolver.kill())
  return resolver
}

async function failureOf(promise: Promise<unknown>): Promise<SecretRefError> {
  const outcome: unknown = await promise.catch((error: unknown) => error)
  if (outcome instanceof SecretRefError) return outcome
  throw new Error('not rejected with an error of ours', { cause: outcome })
}

/** Hands the pipe to a program as its stdin, as the launcher gets it, and lets go of our own end. */
function handOver(resolver: Resolver): Promise<string> {
  const reader = spawn('/bin/cat', [], { stdio: [resolver.pipe, 'pipe', 'inherit'] })
  resolver.pipe.destroy()
  return text(reader.stdout)
}

describe('a resolver', () => {
  test('reports metadata, then writes what is released and nothing else', async () => {
    const dir = folder()
    const resolver = newResolver()
    const file = fileProvider(dir, { a: 'fake-a', b: 'fake-b', c: 'fake-c' })
    resolver.send(
      sheetOf(
        dir,
        { file },
        ['a', 'b', 'c', 'gone'].map((ref) => item(ref, [inFile(ref)])),
        {
          set: { SECRETREF_RUN: 'test' },
        },
      ),
    )
    const fetched = await resolver.fetched()
    expect(fetched.map(({ outcome }) => outcome)).toEqual(['value', 'value', 'value', 'failure'])
    expect(JSON.stringify(fetched)).not.toContain('fake-')
    expect(fetched[3]).toMatchObject({ code: 'SECRET_NOT_FOUND', place: file.options['path'] })
    const written = handOver(resolver)
    resolver.release([0, 2])
    expect(await resolver.ended()).toEqual({ delivered: true, unkept: [] })
    expect(await written).toBe(
      `{\nexport SECRETREF_RUN='test'\nexport A='fake-a'\nexport C='fake-c'\nexec <&3 3<&- 2>&4 4>&-\nexec "$@"\n}\n`,
    )
  })

  test('writes nothing where nothing is released', async () => {
    const dir = folder()
    const resolver = newResolver()
    resolver.send(
      sheetOf(dir, { file: fileProvider(dir, { a: 'fake-a' }) }, [item('a', [inFile('a')])]),
    )
    await resolver.fetched()
    const written = handOver(resolver)
    resolver.dismiss()
    expect(await resolver.ended()).toEqual({
      delivered: false,
      code: 'DELIVERY_FAILED',
      reason: 'died',
    })
    expect(await written).toBe('')
  })

  test('is not let write as long as the pipe is ours', async () => {
    const dir = folder()
    const resolver = newResolver()
    resolver.send(
      sheetOf(dir, { file: fileProvider(dir, { a: 'fake-a' }) }, [item('a', [inFile('a')])]),
    )
    await resolver.fetched()
    expect(() => resolver.release([0])).toThrow('still ours')
  })

  test('says where nobody takes what it writes', async () => {
    const dir = folder()
    const resolver = newResolver()
    resolver.send(
      sheetOf(dir, { file: fileProvider(dir, { a: 'fake-a' }) }, [item('a', [inFile('a')])]),
    )
    await resolver.fetched()
    resolver.pipe.destroy()
    resolver.release([0])
    expect(await resolver.ended()).toEqual({
      delivered: false,
      code: 'DELIVERY_FAILED',
      reason: 'EPIPE',
    })
  })

  test('writes no file over another, and then delivers nothing', async () => {
    const dir = folder()
    const resolver = newResolver()
    const path = join(dir, '0-A')
    writeFileSync(path, 'theirs')
    const items = [
      item('a', [inFile('a')], { delivery: 'file', file: path }),
      item('b', [inFile('b')]),
    ]
    const file = fileProvider(dir, { a: 'fake-a', b: 'fake-b' })
    resolver.send(sheetOf(dir, { file }, items))
    await resolver.fetched()
    const written = handOver(resolver)
    resolver.release([0, 1])
    expect(await resolver.ended()).toMatchObject({ delivered: false, reason: 'EEXIST' })
    expect(await written).toBe('')
    expect(readFileSync(path, 'utf8')).toBe('theirs')
  })

  test('names only places that its sheet names', async () => {
    const dir = folder()
    const exec = execProvider(dir, 'exit 1')
    const resolver = newResolver()
    resolver.send(sheetOf(dir, { exec }, [item('a', [named('a', 'exec')])]))
    expect(await resolver.fetched()).toMatchObject([{ place: exec.options['command'] }])
  })
})

describe('a resolver that fails', () => {
  test('killed before it answers', async () => {
    const resolver = newResolver()
    resolver.kill()
    expect(await failureOf(resolver.fetched())).toMatchObject({ code: 'PROVIDER_INVALID' })
    expect(await resolver.ended()).toMatchObject({ delivered: false, reason: 'died' })
  })

  test('that may not use the key: the key is named, and no provider was asked', async () => {
    const dir = folder()
    mkdirSync(join(dir, 'keys'), { mode: 0o755 })
    const asked = join(dir, 'asked')
    const exec = execProvider(dir, `: >'${asked}'; ${answer({ a: 'fake-a' })}`)
    const resolver = newResolver()
    resolver.send(sheetOf(dir, { exec }, [item('a', [named('a', 'exec')])]))
    const failure = await failureOf(resolver.fetched())
    expect(failure.code).toBe('FILE_INSECURE')
    expect(failure.message).toContain(join(dir, 'keys', 'fingerprint.key'))
    expect(() => readFileSync(asked)).toThrow('ENOENT')
  })

  test('that reports more than it may is ended', async () => {
    const dir = folder()
    const file = fileProvider(dir, { a: 'fake-a' })
    // One ref, and a chain that is longer than can be told about one.
    const chain = Array.from({ length: 2000 }, () => inFile('gone'))
    const resolver = newResolver()
    resolver.send(sheetOf(dir, { file }, [item('gone', chain, { fallbackOn: ['not-found'] })]))
    const failure = await failureOf(resolver.fetched())
    expect(failure).toMatchObject({ code: 'PROVIDER_INVALID' })
    expect(failure.message).toContain('more than 64 KiB about 1 ref')
  })
})

describe.runIf(isLinux)('a resolver that is given up', () => {
  test('goes by itself, and its program with it', async () => {
    const dir = folder()
    const asked = join(dir, 'asked')
    const exec = execProvider(dir, `echo $$ >'${asked}'; exec sleep 60`, { timeoutMs: 60_000 })
    const resolver = newResolver()
    resolver.send(sheetOf(dir, { exec }, [item('a', [named('a', 'exec')])], { deadlineMs: 60_000 }))
    const program = await until('it is asked', () => {
      try {
        return Number(readFileSync(asked, 'utf8').trim() || Number.NaN) || undefined
      } catch {
        return undefined
      }
    })
    const own = resolverOf(process.pid)?.pid ?? 0
    expect(isAlive(program) && isAlive(own)).toBe(true)
    resolver.abort()
    await until('both have gone', () => !isAlive(program) && !isAlive(own))
  })

  test('is killed where it does not go', async () => {
    const resolver = newResolver()
    const own = await until('it is there', () => resolverOf(process.pid)?.pid)
    process.kill(own, 'SIGSTOP')
    resolver.abort()
    await until('it has gone', () => !isAlive(own))
  })
})
