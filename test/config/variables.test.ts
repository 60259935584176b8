import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import {
  CREDENTIAL_VARIABLES,
  PASSED_VARIABLES,
  REFUSED_VARIABLES,
  matchesVariable,
  refusalOf,
} from '../../src/config/variables.ts'
import { provider as vault } from '../../src/values/providers/vault.ts'

test.each([
  ['AWS_*', 'AWS_PROFILE', true],
  ['AWS_*', 'AWS_', true],
  ['AWS_*', 'AWS', false],
  ['AWS_*', 'MY_AWS_KEY', false],
  ['PATH', 'PATH', true],
  ['PATH', 'PATHS', false],
])('%s and %s', (pattern, name, matches) => {
  expect(matchesVariable(pattern, name)).toBe(matches)
})

describe('refused', () => {
  test.each(
    (
      'LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES GLIBC_TUNABLES NODE_OPTIONS NODE_EXTRA_CA_CERTS PATH ' +
      'BASH_ENV ENV IFS SHELLOPTS BASHOPTS PS4 PYTHONSTARTUP PYTHONPATH PYTHONHOME PERL5LIB PERL5OPT ' +
      'RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS _JAVA_OPTIONS GIT_SSH_COMMAND GIT_ASKPASS GIT_CONFIG_COUNT ' +
      'SSLKEYLOGFILE HOME OPTIND PPID UID EUID LINENO RANDOM SECONDS PWD OLDPWD _ SHLVL SECRETREF_HOME'
    ).split(' '),
  )('%s', (name) => {
    expect(refusalOf(name)).toEqual(expect.any(String))
  })

  test.each(
    (
      'STRIPE_API_KEY SLACK_BOT_TOKEN AWS_SECRET_ACCESS_KEY VAULT_TOKEN GIT_TOKEN NPM_TOKEN ' +
      'PYTHON_TOKEN NODE_AUTH_TOKEN HTTPS_PROXY DATABASE_URL OPENCLAW_TOKEN HOMEPAGE_KEY'
    ).split(' '),
  )('not %s', (name) => {
    expect(refusalOf(name)).toBeUndefined()
  })

  test('every reason reads as a sentence: "it …"', () => {
    for (const { reason } of REFUSED_VARIABLES)
      expect(reason).toMatch(/^(?:is|makes|names|belongs) /)
  })

  test('nothing that a pristine environment passes could be a slot', () => {
    const exceptions = new Set(['COLORTERM', 'NO_COLOR'])
    for (const pattern of PASSED_VARIABLES) {
      const name = pattern.replace('*', 'ALL')
      if (!exceptions.has(name)) expect(refusalOf(name)).toBeDefined()
    }
  })
})

/** What the manuals of the shells call a variable of theirs, and a few that are not. */
const CANDIDATES = (
  'ENV BASH BASH_ARGC BASH_COMMAND BASH_LINENO BASH_SOURCE BASH_SUBSHELL BASH_VERSION BASHOPTS BASHPID ' +
  'SHELLOPTS POSIXLY_CORRECT IFS OPTIND OPTARG OPTERR PS1 PS2 PS3 PS4 PROMPT_COMMAND PPID UID EUID GROUPS ' +
  'PGRP KSHUID KSHEGID KSHGID KSH_VERSION LINENO RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME PWD ' +
  'OLDPWD CDPATH DIRSTACK FUNCNAME FUNCNEST PIPESTATUS HISTCMD HISTFILE HISTSIZE COMP_WORDBREAKS MAIL ' +
  'MAILCHECK MAILPATH TMOUT SHLVL _ HOSTNAME HOSTTYPE MACHTYPE OSTYPE COLUMNS LINES REPLY TIMEFORMAT ' +
  'GLOBIGNORE EXECIGNORE CHILD_MAX INPUTRC FCEDIT IGNOREEOF LC_ALL TERM PATH_LOCALE COPROC API_KEY'
).split(' ')

describe.each([['dash'], ['bash'], ['bash', '--posix'], ['mksh'], ['busybox', 'sh']])(
  'as a launcher, %s %s',
  (shell, ...flags) => {
    const missing = spawnSync(shell, [...flags, '-c', ':']).error !== undefined

    test.skipIf(missing)('hands on every variable that is not refused as it was set', () => {
      const wrong = CANDIDATES.filter((name) => {
        const script = `{\nexport ${name}='fake va%lue'\nexec "$@"\n}\n`
        const { stdout } = spawnSync(shell, [...flags, '-s', '--', '/usr/bin/env'], {
          input: script,
          env: {},
          encoding: 'utf8',
        })
        return !stdout.split('\n').includes(`${name}=fake va%lue`)
      })
      expect(wrong).not.toContain('API_KEY')
      expect(wrong.filter((name) => refusalOf(name) === undefined)).toEqual([])
    })
  },
)

test('what Vault signs in with is a credential variable', () => {
  const names = vault.spec.env({}, []).filter((name) => /TOKEN|ROLE_ID|SECRET|CLIENT/.test(name))
  expect(names).toContain('VAULT_TOKEN')
  expect(names.filter((name) => !CREDENTIAL_VARIABLES['vault']?.includes(name))).toEqual([])
})
