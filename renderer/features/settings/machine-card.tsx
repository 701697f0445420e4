// What this machine has, as the factory and llama.cpp see it.
import { useEffect, useState } from 'react';
import type { Machine } from '#src/contract/machine.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { Card } from './card.tsx';
import { machineFacts, processorFeatures } from './machine-facts.ts';
import css from './settings.module.css';

export function MachineCard() {
  const version = useStudio((store) => store.state?.version);
  const [turn, setTurn] = useState(0);
  const [answer, setAnswer] = useState<{ machine?: Machine; error?: unknown }>({});
  useEffect(() => {
    const stop = new AbortController();
    studio()
      .call('describeMachine', {}, { signal: stop.signal })
      .then(
        (machine) => setAnswer({ machine }),
        (error: unknown) => {
          if (!stop.signal.aborted) setAnswer({ error });
        },
      );
    return () => stop.abort();
  }, [turn]);
  const { machine, error } = answer;
  const facts = machine === undefined ? [] : machineFacts(machine, version);
  return (
    <Card
      title="This machine"
      actions={
        machine !== undefined && (
          <CopyButton
            label="Copy these facts"
            text={() => facts.map(([name, value]) => `${name}: ${value}`).join('\n')}
          />
        )
      }
    >
      {error !== undefined && (
        <ErrorNotice
          error={error}
          action={<Button onClick={() => setTurn(turn + 1)}>Ask again</Button>}
        />
      )}
      {machine === undefined && error === undefined && <Skeleton label="Asking the machine" />}
      <dl className={css.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">{value}</dd>
          </div>
        ))}
      </dl>
      {machine !== undefined && <Devices machine={machine} />}
    </Card>
  );
}

function Devices({ machine: { llama } }: { machine: Machine }) {
  if ('unavailable' in llama) {
    return (
      <ErrorNotice error={{ message: 'llama.cpp cannot be used here.', hint: llama.unavailable }} />
    );
  }
  const features = processorFeatures(llama.features);
  return (
    <>
      <section>
        <h3 className="label">Devices</h3>
        {llama.devices.map((device) => (
          <div key={device.name} className={css.item}>
            <div className={css.words}>
              <p>{device.description}</p>
              <p className={css.path}>{device.name}</p>
            </div>
            <span className="num">
              {formatBytes(device.freeBytes)} free of {formatBytes(device.totalBytes)}
            </span>
          </div>
        ))}
      </section>
      {features.length > 0 && (
        <section>
          <h3 className="label">Processor features in use</h3>
          <div className={css.features}>
            {features.map((feature) => (
              <Chip key={feature}>{feature}</Chip>
            ))}
          </div>
        </section>
      )}
    </>
  );
}
