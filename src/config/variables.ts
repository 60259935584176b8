/**
 * What SecretRef knows about names of environment variables. Pure data and three small questions; read
 * in both wings. A pattern is a name, or a prefix that ends with `*`.
 */

/** Whether `name` is meant by `pattern`. */
export function matchesVariable(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

/**
 * Variables that a pristine environment holds: where programs lie, who runs them, how text looks. None
 * of them is a place for a credential.
 */
export const PASSED_VARIABLES: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TERM',
  'COLORTERM',
  'NO_COLOR',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TZ',
  'TMPDIR',
]

/**
 * The credential variables of each provider type, by which its client signs in. They never reach an
 * agent: whoever holds them can ask the provider for everything.
 * Source: the vendors' command-line references (Vault "Environment variables", AWS CLI "Environment
 * variables", 1Password CLI "Environment variables", and so on).
 */
export const CREDENTIAL_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  store: ['SECRETREF_STORE_PASSPHRASE'],
  vault: [
    'VAULT_TOKEN',
    'VAULT_ROLE_ID',
    'VAULT_SECRET_ID',
    'VAULT_CLIENT_KEY',
    'VAULT_CLIENT_CERT',
    'BAO_TOKEN',
    'BAO_CLIENT_KEY',
    'BAO_CLIENT_CERT',
  ],
  'aws-secrets-manager': ['AWS_*'],
  'aws-ssm': ['AWS_*'],
  gcp: ['GOOGLE_APPLICATION_CREDENTIALS', 'CLOUDSDK_*', 'GOOGLE_OAUTH_ACCESS_TOKEN'],
  azure: ['AZURE_*', 'ARM_*', 'MSI_SECRET', 'IDENTITY_HEADER'],
  onepassword: ['OP_*'],
  doppler: ['DOPPLER_*'],
  infisical: ['INFISICAL_*'],
  bitwarden: ['BWS_*', 'BW_*'],
}

interface Refusal {
  /** Completes "… is refused as envVar: it …". */
  reason: string
  patterns: readonly string[]
}

/**
 * Variables that may not be an `envVar`, with the reason. A value from a store must never be able to
 * start code, and must arrive as it is or not at all.
 */
export const REFUSED_VARIABLES: readonly Refusal[] = [
  {
    reason: 'makes the dynamic loader or the C library load or read other files',
    // ld.so(8), dyld(1), and glibc's own list of what it drops for setuid programs (unsecvars.h).
    patterns: [
      'LD_*',
      'DYLD_*',
      'GLIBC_TUNABLES',
      'GCONV_PATH',
      'GETCONF_DIR',
      'HOSTALIASES',
      'LOCALDOMAIN',
      'LOCPATH',
      'MALLOC_*',
      'NIS_PATH',
      'NLSPATH',
      'RESOLV_HOST_CONF',
      'RES_OPTIONS',
      'TZDIR',
    ],
  },
  {
    reason: 'makes a language runtime load code or options',
    // node(1), python(1), perlrun(1), ruby(1), java(1), lua(1), php-cli, dotnet and erl documentation.
    patterns: [
      'NODE_*',
      'ELECTRON_RUN_AS_NODE',
      'BUN_OPTIONS',
      'PYTHONSTARTUP',
      'PYTHONPATH',
      'PYTHONHOME',
      'PYTHONINSPECT',
      'PYTHONBREAKPOINT',
      'PYTHONUSERBASE',
      'PYTHONEXECUTABLE',
      'PYTHONPLATLIBDIR',
      'PYTHONPYCACHEPREFIX',
      'PYTHONWARNINGS',
      'PERL5LIB',
      'PERL5OPT',
      'PERL5DB',
      'PERLLIB',
      'RUBYOPT',
      'RUBYLIB',
      'GEM_HOME',
      'GEM_PATH',
      'BUNDLE_GEMFILE',
      'JAVA_TOOL_OPTIONS',
      '_JAVA_OPTIONS',
      'JDK_JAVA_OPTIONS',
      'JAVA_OPTS',
      'CLASSPATH',
      'LUA_*',
      'PHPRC',
      'PHP_INI_SCAN_DIR',
      'DOTNET_STARTUP_HOOKS',
      'COR_*',
      'CORECLR_*',
      'ERL_*',
      'R_PROFILE',
      'R_PROFILE_USER',
      'JULIA_LOAD_PATH',
    ],
  },
  {
    reason: 'names a program that another program starts, or where its configuration lies',
    // git(1), ssh(1), sudo(8), less(1), npm config, openssl(1).
    patterns: [
      'PATH',
      'SHELL',
      'EDITOR',
      'VISUAL',
      'PAGER',
      'MANPAGER',
      'BROWSER',
      'LESSOPEN',
      'LESSCLOSE',
      'SSH_ASKPASS',
      'SUDO_ASKPASS',
      'GIT_SSH',
      'GIT_SSH_COMMAND',
      'GIT_ASKPASS',
      'GIT_EDITOR',
      'GIT_SEQUENCE_EDITOR',
      'GIT_PAGER',
      'GIT_EXTERNAL_DIFF',
      'GIT_PROXY_COMMAND',
      'GIT_EXEC_PATH',
      'GIT_TEMPLATE_DIR',
      'GIT_CONFIG*',
      'GIT_DIR',
      'GIT_WORK_TREE',
      'GIT_COMMON_DIR',
      'npm_config_*',
      'NPM_CONFIG_NODE_OPTIONS',
      'NPM_CONFIG_SCRIPT_SHELL',
      'NPM_CONFIG_PREFIX',
      'OPENSSL_CONF',
      'OPENSSL_ENGINES',
      'OPENSSL_MODULES',
    ],
  },
  {
    reason: 'makes programs write the keys of their TLS connections to a file',
    patterns: ['SSLKEYLOGFILE'],
  },
  {
    reason: 'is how the system tells a program who and where it is',
    patterns: [
      'HOME',
      'USER',
      'LOGNAME',
      'TMPDIR',
      'TMP',
      'TEMP',
      'TERM',
      'TZ',
      'LANG',
      'LANGUAGE',
      'LC_*',
      'XDG_*',
    ],
  },
  {
    reason: 'is set, changed or obeyed by the shell that starts the agent',
    // POSIX "Shell Variables"; the "Shell Variables" chapter of bash's manual; mksh(1).
    patterns: [
      'ENV',
      'BASH',
      'BASH_*',
      'BASHOPTS',
      'BASHPID',
      'SHELLOPTS',
      'POSIXLY_CORRECT',
      'IFS',
      'OPTIND',
      'OPTARG',
      'OPTERR',
      'PS1',
      'PS2',
      'PS3',
      'PS4',
      'PROMPT_COMMAND',
      'PPID',
      'UID',
      'EUID',
      'GROUPS',
      'PGRP',
      'KSHUID',
      'KSHEGID',
      'KSHGID',
      'KSH_VERSION',
      'COLUMNS',
      'LINES',
      'LINENO',
      'RANDOM',
      'SRANDOM',
      'SECONDS',
      'EPOCHSECONDS',
      'EPOCHREALTIME',
      'PWD',
      'OLDPWD',
      'CDPATH',
      'DIRSTACK',
      'FUNCNAME',
      'FUNCNEST',
      'PIPESTATUS',
      'HISTCMD',
      'HISTFILE',
      'HISTSIZE',
      'COMP_WORDBREAKS',
      'MAIL',
      'MAILCHECK',
      'MAILPATH',
      'TMOUT',
      'SHLVL',
      '_',
    ],
  },
  { reason: 'belongs to SecretRef itself', patterns: ['SECRETREF_*'] },
]

/** Names under a refused prefix that hold nothing but a credential: setup-node's npm token. */
const ALLOWED = new Set(['NODE_AUTH_TOKEN'])

const REASONS = new Map<string, string>()
const PREFIXES: { prefix: string; reason: string }[] = []
for (const { reason, patterns } of REFUSED_VARIABLES) {
  for (const pattern of patterns) {
    if (pattern.endsWith('*')) PREFIXES.push({ prefix: pattern.slice(0, -1), reason })
    else REASONS.set(pattern, reason)
  }
}

/** Why `name` may not be an `envVar`, or nothing where it may. */
export function refusalOf(name: string): string | undefined {
  if (ALLOWED.has(name)) return undefined
  return REASONS.get(name) ?? PREFIXES.find(({ prefix }) => name.startsWith(prefix))?.reason
}

const CREDENTIAL_NAME =
  /(?:^|_)(?:TOKEN|KEY|APIKEY|SECRET|SECRET_ID|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|PAT|CREDENTIALS?|DSN|CONNECTION_STRING|DATABASE_URL|WEBHOOK_URL)$/i
/** Keys that are meant to be seen; container images set GPG_KEY. */
const NO_CREDENTIAL = /(?:^|_)(?:PUBLIC|PUBLISHABLE|HOST|GPG|SORT)_KEY$/i

/** Whether a variable of this name usually holds a credential. */
export function isCredentialName(name: string): boolean {
  return CREDENTIAL_NAME.test(name) && !NO_CREDENTIAL.test(name)
}
