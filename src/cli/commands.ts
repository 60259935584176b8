/**
 * Every command's words. Bodies lie in files of their own: what starts agents comes along at once, the
 * others are loaded on use.
 */
import type { Command } from 'commander'
import { addConfig, addTrust, addWhy } from './commands/config.ts'
import type { Add, Body } from './commands/line.ts'
import { addLog } from './commands/log.ts'
import { addMonitor } from './commands/monitor.ts'
import { addGateway, addRun } from './commands/run.ts'
import { addScan } from './commands/scan.ts'
import { addSecrets } from './commands/secrets.ts'
import { addDoctor, addInit } from './commands/setup.ts'
import { addStore } from './commands/store.ts'
import { addTargets } from './commands/targets.ts'
import type { Io } from './io.ts'

const COMMANDS: Readonly<Record<string, Add>> = {
  run: addRun,
  gateway: addGateway,
  secrets: addSecrets,
  store: addStore,
  config: addConfig,
  trust: addTrust,
  why: addWhy,
  log: addLog,
  targets: addTargets,
  scan: addScan,
  init: addInit,
  doctor: addDoctor,
  monitor: addMonitor,
}

/** Where the first word is a command, its words alone are made: the others cost every start 2 ms. */
export function addCommands(
  program: Command,
  io: Io,
  argv: readonly string[],
  choose: (body: Body) => void,
): void {
  const [first = ''] = argv
  const named = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined
  for (const add of named === undefined ? Object.values(COMMANDS) : [named]) {
    add(program, { io, argv, choose })
  }
}
