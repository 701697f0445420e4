// What is served: where, with which token, what is in memory, how many requests; and what else can be done with the family.
import { useState } from 'react';
import type { ServerState } from '#src/contract/studio/router.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { documentState } from '../logic/document-state.ts';
import type { RouterDocument } from '../logic/router-document.ts';
import { parentNames, shortOf } from '../logic/route-names.ts';
import { verifyPackage } from '../state/router-package.ts';
import { saveAndServe, stopServing } from '../state/router-server.ts';
import { useRouter } from '../state/router-store.ts';
import css from './server.module.css';
import { VerificationResult } from './verification-result.tsx';

const words: Readonly<Record<ServerState['state'], string>> = {
  stopped: 'stopped',
  starting: 'starting',
  running: 'running',
  failed: 'failed',
};

export function ServerPanel({ document }: { document: RouterDocument }) {
  const server = useRouter((store) => store.server);
  const busy = useRouter((store) => store.busy);
  const state = server?.state ?? 'stopped';
  const where = documentState(document, server);
  return (
    <div className={css.panel}>
      <section className={css.section} aria-labelledby="router-server">
        <h2 className={`label ${css.heading ?? ''}`} id="router-server">
          <span>Server</span>
          <Chip tone={state === 'running' ? 'ok' : state === 'failed' ? 'bad' : 'neutral'}>
            {words[state]}
          </Chip>
        </h2>
        {state === 'failed' && (
          <ErrorNotice
            error={{ message: server?.reason ?? 'The server stopped.' }}
            action={<Button onClick={() => void saveAndServe()}>Serve again</Button>}
          />
        )}
        {state === 'running' && server !== undefined ? (
          <Running server={server} />
        ) : (
          <p className={css.text}>
            Serving answers OpenAI’s API on this machine: chat, completions and embeddings. Any
            program that can be given an address and a token can ask the family.
          </p>
        )}
        <div className={css.buttons}>
          <Button
            busy={busy === 'saving' || busy === 'serving'}
            disabled={where.state === 'served'}
            onClick={() => void saveAndServe()}
          >
            {where.state === 'differs' ? 'Serve this version' : 'Save and serve'}
          </Button>
          {state === 'running' && (
            <Button busy={busy === 'stopping'} onClick={() => void stopServing()}>
              Stop serving
            </Button>
          )}
        </div>
      </section>
      {state === 'running' && server !== undefined && (
        <Loaded server={server} names={parentNames(document.manifest.parents)} />
      )}
      <section className={css.section} aria-labelledby="router-package">
        <h2 className="label" id="router-package">
          Package
        </h2>
        <p className={css.text}>
          Verify reads every file of the family and checks hashes, references and bundles. Export
          writes the configuration of another server.
        </p>
        <div className={css.buttons}>
          <Button onClick={() => void verifyPackage()}>Verify</Button>
          <Button onClick={() => useRouter.setState({ dialog: 'export' })}>Export…</Button>
        </div>
        <VerificationResult file={document.file.id} />
      </section>
    </div>
  );
}

function Running({ server }: { server: ServerState }) {
  const [shown, setShown] = useState(false);
  const { address, token, manifest, requests } = server;
  return (
    <dl className={css.facts}>
      {address !== undefined && (
        <>
          <dt>Address</dt>
          <dd>
            <code title={address}>{address}</code>
            <CopyButton text={address} label="Copy the address" />
          </dd>
        </>
      )}
      {token !== undefined && (
        <>
          <dt>Token</dt>
          <dd>
            <Button
              variant="quiet"
              aria-pressed={shown}
              aria-label={shown ? 'Hide the token' : 'Show the token'}
              onClick={() => setShown(!shown)}
            >
              {shown ? 'Hide' : 'Show'}
            </Button>
            <code title={shown ? token : undefined}>{shown ? token : '••••••••••••'}</code>
            <CopyButton text={token} label="Copy the token" />
          </dd>
        </>
      )}
      {manifest !== undefined && (
        <>
          <dt>Manifest</dt>
          <dd title={manifest.path}>{manifest.recipePath}</dd>
        </>
      )}
      <dt>Requests</dt>
      <dd className="num">
        {formatCount(requests.running)} running, {formatCount(requests.waiting)} waiting,{' '}
        {formatCount(requests.done)} done
      </dd>
    </dl>
  );
}

function Loaded({ server, names }: { server: ServerState; names: ReadonlyMap<string, string> }) {
  const { loaded } = server;
  return (
    <section className={css.section} aria-labelledby="router-loaded">
      <h2 className="label" id="router-loaded">
        In memory
      </h2>
      {loaded.length === 0 ? (
        <p className={css.text}>
          Nothing yet: a parent is loaded by the first request that needs it.
        </p>
      ) : (
        <table className={css.table} aria-label="Loaded parents">
          <thead>
            <tr>
              <th scope="col">Parent</th>
              <th scope="col">Adapter</th>
              <th scope="col">Memory</th>
              <th scope="col">Window</th>
            </tr>
          </thead>
          <tbody>
            {loaded.map(({ parent, adapter, ramBytes, vramBytes, contextSize, busy }) => (
              <tr key={`${parent} ${adapter ?? ''}`}>
                <th scope="row" title={parent}>
                  {names.get(parent) ?? parent}
                  {busy && <Chip tone="accent">busy</Chip>}
                </th>
                <td title={adapter}>{adapter === undefined ? 'none' : shortOf(adapter)}</td>
                <td className="num">{formatBytes(ramBytes + vramBytes)}</td>
                <td className="num">{formatCount(contextSize)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
