/** Whether a process lives, told from its pid here and from its sign in another container. */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lives, ourselves, showLife, sweepLife } from '../../../src/gateway/live/sign.ts'
import { pidNamespace, startTimeOf } from '../../../src/gateway/surroundings.ts'
import { momentAt } from '../../../src/state/moment.ts'
import { describeOnLinux, until } from '../../process/support.ts'
import { tempHome } from '../../state/folder.ts'
import type { Home } from '../../../src/state/home.ts'

const ELSEWHERE = '7-123-1'
const DEAD = `4194301-1-${pidNamespace()}`

function homeWithSign(owner: string, text: string): Home {
  const home = tempHome()
  mkdirSync(home.live, { recursive: true, mode: 0o700 })
  writeFileSync(join(home.live, owner), text)
  return home
}

function sleeper(words: readonly string[] = ['sleep', '60']): number {
  const [program = '', ...args] = words
  const child = spawn(program, args, { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (child.pid === undefined) throw new Error('nothing was started')
  return child.pid
}

const ownerOf = (pid: number): string => `${pid}-${startTimeOf(pid)}-${pidNamespace()}`
const stateOf = (pid: number): string | undefined =>
  /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]

describeOnLinux('where its pid is seen, a process', () => {
  test('lives while it runs, and its pid and start time both are its own', () => {
    const home = tempHome()
    expect(lives(home, ourselves())).toBe(true)
    expect(lives(home, DEAD)).toBe(false)
    expect(lives(home, `${process.pid}-1-${pidNamespace()}`)).toBe(false)
    expect(lives(home, 'nobody')).toBe(false)
  })

  test('that is stopped lives', async () => {
    const pid = sleeper()
    const owner = ownerOf(pid)
    process.kill(pid, 'SIGSTOP')
    await until('stopped', () => stateOf(pid) === 'T')
    expect(lives(tempHome(), owner)).toBe(true)
  })

  test('that has ended and was not waited for is dead', async () => {
    const parent = sleeper(['sh', '-c', 'sleep 0.1 & exec sleep 60'])
    const children = `/proc/${parent}/task/${parent}/children`
    const zombie = (): number | undefined => {
      const pid = Number(readFileSync(children, 'latin1').trim().split(' ')[0])
      return pid > 0 && stateOf(pid) === 'Z' ? pid : undefined
    }
    await until('a zombie', () => zombie() !== undefined)
    expect(lives(tempHome(), ownerOf(zombie() ?? 0))).toBe(false)
  })
})

describeOnLinux('in another container a process', () => {
  const now = momentAt(new Date())
  const ago = (ms: number): string => `${now.boot} ${(now.up ?? 0) - ms}`

  test('lives for three minutes from its last sign, whatever the clock on the wall says', () => {
    const tomorrow = { ...now, at: new Date(now.at.getTime() + 86_400_000) }
    const lived = homeWithSign(ELSEWHERE, ago(179_000))
    expect(lives(lived, ELSEWHERE, now)).toBe(true)
    expect(lives(lived, ELSEWHERE, tomorrow)).toBe(true)
    expect(lives(homeWithSign(ELSEWHERE, ago(181_000)), ELSEWHERE, now)).toBe(false)
    expect(lives(tempHome(), ELSEWHERE, now)).toBe(false)
  })

  test('of another machine is judged by when its sign was written', () => {
    const home = homeWithSign(ELSEWHERE, '')
    const at = now.at.getTime() / 1000
    utimesSync(join(home.live, ELSEWHERE), at - 179, at - 179)
    expect(lives(home, ELSEWHERE, now)).toBe(true)
    utimesSync(join(home.live, ELSEWHERE), at - 181, at - 181)
    expect(lives(home, ELSEWHERE, now)).toBe(false)
  })

  test('whose sign is dated ahead does not live until then: the clock was set back since', () => {
    const before = '00000000-0000-0000-0000-000000000000.1 5000'
    for (const text of ['', before]) {
      const home = homeWithSign(ELSEWHERE, text)
      const at = now.at.getTime() / 1000
      for (const [ahead, living] of [
        [179, true],
        [181, false],
        [86_400, false],
      ] as const) {
        utimesSync(join(home.live, ELSEWHERE), at + ahead, at + ahead)
        expect(lives(home, ELSEWHERE, now)).toBe(living)
      }
    }
  })
})

describeOnLinux('signs', () => {
  test('a process shows one of its own, which says that it lives', () => {
    const home = tempHome()
    mkdirSync(home.dir, { recursive: true, mode: 0o700 })
    showLife(home)
    showLife(home)
    expect(readdirSync(home.live)).toEqual([ourselves()])
  })

  test('what dead processes have left goes; a paused container keeps its own', () => {
    const home = homeWithSign(ELSEWHERE, '')
    showLife(home)
    for (const name of [DEAD, `${DEAD}.0123456789abcdef.1-a`, '8-1-1.0123456789abcdef.1-a', 'x']) {
      writeFileSync(join(home.live, name), '')
    }
    const hour = Date.now() / 1000 - 3600
    utimesSync(join(home.live, ELSEWHERE), hour, hour)
    sweepLife(home)
    expect(readdirSync(home.live).toSorted()).toEqual([ELSEWHERE, ourselves(), 'x'].toSorted())
  })
})
