import { spawnSync } from 'node:child_process'

/** Of a user of this machine, whom a server that refuses to be root runs as. */
export function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string): number =>
    Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}
