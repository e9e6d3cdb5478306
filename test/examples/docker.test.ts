// The files of examples/docker fit the package: versions, paths, ports, commands and variables.
import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readConfigFile } from '../../src/node/config-file.ts'
import { checkConfig } from '../../src/server/check-config.ts'
import { portOf } from '../browser/network.ts'
import { startCli } from '../server/node-child.ts'
import { createFolder } from '../server/node-folder.ts'
import { accessToken } from '../server/node-requests.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, 'examples/docker')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

interface Instruction {
  name: string
  value: string
}

/** The instructions of the Dockerfile, in order. */
const instructions: Instruction[] = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim())
  .map((line) => {
    const [, name = '', value = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
    return { name, value: value.trim() }
  })

const valuesOf = (name: string) => instructions.filter((one) => one.name === name).map(({ value }) => value)
const lastOf = (name: string) => valuesOf(name).at(-1) ?? expect.fail(`The Dockerfile has no ${name}.`)
const argument = (name: string) =>
  valuesOf('ARG')
    .find((value) => value.startsWith(`${name}=`))
    ?.slice(name.length + 1)

const command: string[] = JSON.parse(lastOf('CMD'))
const healthCheck: string[] = JSON.parse(/CMD (\[.*\])$/.exec(lastOf('HEALTHCHECK'))?.[1] ?? '')
const port = lastOf('EXPOSE')

describe('the Dockerfile', () => {
  test('has only instructions that were read here', () => {
    const known = ['ARG', 'FROM', 'WORKDIR', 'RUN', 'ENV', 'COPY', 'USER', 'VOLUME', 'EXPOSE', 'HEALTHCHECK']
    expect(new Set(instructions.map(({ name }) => name))).toEqual(new Set([...known, 'ENTRYPOINT', 'CMD']))
  })

  test('uses the Node version of the tests, in both stages', () => {
    const [major] = packageJson.devDependencies.node.split('.')
    expect(argument('NODE_VERSION')).toBe(major)
    const images = valuesOf('FROM').map((value) => value.split(' ')[0])
    expect(images).toEqual(Array(2).fill(`node:\${NODE_VERSION}-slim`))
  })

  test('installs this version of the package', () => {
    expect(argument('CONVERGE_VERSION')).toBe(packageJson.version)
    expect(valuesOf('RUN')[0]).toContain(`"${packageJson.name}@\${CONVERGE_VERSION}"`)
    expect(read('README.md')).toContain(`CONVERGE_VERSION=${packageJson.version}`)
  })

  test('copies nothing from the build folder, so that .dockerignore can exclude all of it', () => {
    expect(valuesOf('COPY')).toEqual(['--from=install /app /app'])
    expect(read('.dockerignore').split('\n')).toContain('*')
  })

  test('starts a command of the package from the folder that npm installs into, without root', () => {
    expect(JSON.parse(lastOf('ENTRYPOINT'))).toEqual(Object.keys(packageJson.bin))
    expect(valuesOf('WORKDIR')[0]).toBe('/app')
    expect(valuesOf('ENV')).toContain('PATH=/app/node_modules/.bin:$PATH')
    expect(lastOf('USER')).toBe('node')
    const [user, entry] = ['USER', 'ENTRYPOINT'].map((name) => instructions.findIndex((one) => one.name === name))
    expect(user).toBeLessThan(Number(entry))
  })

  test('keeps database and temporary files in the volume, which belongs to the user', () => {
    expect([lastOf('WORKDIR'), lastOf('VOLUME')]).toEqual(['/data', '/data'])
    expect(valuesOf('ENV')).toContain('SQLITE_TMPDIR=/data')
    expect(valuesOf('RUN')).toContain('mkdir /data && chown node:node /data')
    expect(command.join(' ')).toContain('--database converge.db')
  })
})

test('the command of the image serves, and its health check succeeds until the server stops', async () => {
  const data = createFolder()
  copyFileSync(join(folder, 'config/converge.json'), join(data, 'converge.json'))
  expect(command).toContain('/config/converge.json')
  expect(command[command.indexOf('--port') + 1]).toBe(port)
  const words = command.map((word) => (word === port ? '0' : word.replace('/config/', `${data}/`)))
  const server = startCli(words, { TIKTOK_ACCESS_TOKEN: accessToken }, data)
  const [, address = ''] = await server.said(/listening on (http:[^"]+)"/)
  const { port: actual } = new URL(address)
  expect(await checkHealth(actual)).toBe(0)
  server.process.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
  expect(await checkHealth(actual)).toBe(1)
})

test('the health check fails on 503', async () => {
  const server = createServer((_, response) => void response.writeHead(503).end('{"status":"full"}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  expect(await checkHealth(String(portOf(server)))).toBe(1)
})

/** Runs the image's health check against a port, and returns its exit code. */
function checkHealth(actual: string): Promise<number | null> {
  const [program, ...words] = healthCheck
  expect(program).toBe('node')
  expect(words.join(' ')).toContain(`127.0.0.1:${port}/health`)
  const child = spawn(
    process.execPath,
    words.map((word) => word.replace(`:${port}/`, `:${actual}/`)),
  )
  return new Promise((resolve) => child.once('close', resolve))
}

describe('compose.yaml', () => {
  const compose = read('compose.yaml')

  test('mounts the folders that the image uses', () => {
    expect(compose).toContain('- database:/data\n')
    expect(compose).toContain('- ./config:/config:ro\n')
    expect(compose).toContain('- ./Caddyfile:/etc/caddy/Caddyfile:ro\n')
  })

  test('gives the forwarder more time to stop than the 8 s that it may take', () => {
    expect(Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1])).toBeGreaterThan(8)
  })
})

test.each([
  ['Caddyfile', () => `reverse_proxy forwarder:${port}`],
  ['nginx.conf', () => `server 127.0.0.1:${port};`],
])('%s leads to the port of the image', (name, line) => expect(read(name)).toContain(line()))

test('nginx lets the largest order of a shop system through', () => {
  const [, limit] =
    /const MAX_SHOP_BODY = (\d+) \* 1024 \* 1024/.exec(readFileSync(join(root, 'src/server/body-text.ts'), 'utf8')) ??
    []
  expect(read('nginx.conf')).toContain(`client_max_body_size ${limit}m;`)
})

test('example.env has every variable that the forwarder reads, and the config is valid with them', () => {
  const variables = Object.keys(parseEnv(read('example.env')))
  expect(variables.sort()).toEqual(['CONVERGE_ADMIN_TOKEN', 'CONVERGE_WEBHOOK_TOKEN', 'DOMAIN', 'TIKTOK_ACCESS_TOKEN'])
  expect(read('Caddyfile')).toContain('{$DOMAIN}')
  const environment = Object.fromEntries(variables.map((name) => [name, 'a'.repeat(32)]))
  const config = readConfigFile(join(folder, 'config/converge.json'), environment)
  expect(() => checkConfig(config)).not.toThrow()
  expect(config.trustProxy).toBe(true) // both proxies pass the visitor's address
})
