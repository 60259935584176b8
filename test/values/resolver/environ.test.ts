import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readEnvironment } from '../../../src/values/resolver/environ.ts'
import { describeOnLinux, makeWorld } from '../../process/support.ts'
import { skipLoudly } from '../loud.ts'

/** A process that waits, started with this environment by `program`. */
async function waiting(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child.pid ?? 0
}

const WAITS = 'echo ready; while :; do sleep 1; done'

const read = (pid: number, ...names: string[]): Record<string, string> =>
  Object.fromEntries(
    Array.from(readEnvironment(pid, new Set(names)), ([name, value]) => [
      name,
      value.toString('latin1'),
    ]),
  )

describeOnLinux('the environment that a process was started with', () => {
  test('is read as it was, and only the names that are wanted', async () => {
    const env = { A: 'fake-a', B: 'fake=b=', EMPTY: '', NEW_LINE: 'x\ny', AB: 'another' }
    const pid = await waiting('/bin/sh', ['-c', `A=changed; export A; unset B; ${WAITS}`], env)
    expect(read(pid, 'A', 'B', 'EMPTY', 'NEW_LINE', 'MISSING')).toEqual({
      A: 'fake-a',
      B: 'fake=b=',
      EMPTY: '',
      NEW_LINE: 'x\ny',
    })
    expect(read(pid)).toEqual({})
  })

  test('bytes that are no UTF-8 stay what they are', async () => {
    const pid = await waiting(
      '/bin/sh',
      ['-c', `A="$(printf '\\377\\303(')"; export A; exec /bin/sh -c '${WAITS}'`],
      {},
    )
    expect(read(pid, 'A')).toEqual({ A: '\u00ff\u00c3(' })
  })

  test('however large it is', async () => {
    const env = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [`V${i}`, String(i).repeat(50_000)]),
    )
    const pid = await waiting('/bin/sh', ['-c', WAITS], env)
    expect(read(pid, 'V0', 'V5')).toEqual({ V0: env['V0'], V5: env['V5'] })
  })

  test('of two entries by one name the first counts, as for getenv(3)', async (context) => {
    const world = makeWorld()
    const source = world.write(
      'twice.c',
      `#include <unistd.h>
       int main(void) {
         char *argv[] = {"sh", "-c", "${WAITS}", 0};
         char *env[] = {"A=first", "no-equals", "=odd", "A=second", 0};
         return execve("/bin/sh", argv, env);
       }`,
    )
    const program = join(world.dir, 'twice')
    if (spawnSync('cc', ['-o', program, source]).status !== 0) {
      skipLoudly(context, 'two variables of one name', 'no C compiler here')
    }
    const pid = await waiting(program, [], {})
    expect(read(pid, 'A', 'no-equals', '')).toEqual({ A: 'first' })
  })

  test('of a process that has gone: an error, no empty answer', () => {
    expect(() => read(4_194_305, 'A')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})

test('without a pid it is our own, handed over', () => {
  process.env['SECRETREF_HANDED_SECRETREF_TEST_HANDED'] = 'fake-value'
  onTestFinished(() => void delete process.env['SECRETREF_HANDED_SECRETREF_TEST_HANDED'])
  const found = readEnvironment(undefined, new Set(['SECRETREF_TEST_HANDED', 'MISSING_ONE']))
  expect([...found.keys()]).toEqual(['SECRETREF_TEST_HANDED'])
  expect(found.get('SECRETREF_TEST_HANDED')?.toString()).toBe('fake-value')
})
