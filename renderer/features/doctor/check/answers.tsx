// What the model answered to the validation prompts: for people to judge what no check can.
import type { Behaviour } from '#src/contract/doctor/diagnosis.ts';
import css from '../doctor.module.css';

export function Answers({ answers }: { answers: Behaviour['answers'] }) {
  return (
    <dl className={css.answers}>
      {answers.map(({ prompt, answer }, index) => (
        <div key={index}>
          <dt>{prompt}</dt>
          <dd>{answer === '' ? <span className={css.muted}>no answer</span> : answer}</dd>
        </div>
      ))}
    </dl>
  );
}
