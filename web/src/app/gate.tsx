import { useQuery } from '@tanstack/react-query';
import { Failure, Loading } from '../parts/states.tsx';
import { Layout } from './layout.tsx';
import { sessionQuery } from './session.ts';
import { SessionContext } from './session-context.ts';
import { SignIn } from './sign-in.tsx';

/** Nobody sees a screen before the controller has said who they are. */
export function Gate() {
  const { data, error, refetch } = useQuery(sessionQuery);
  if (data?.session !== undefined) {
    return (
      <SessionContext value={data.session}>
        <Layout />
      </SessionContext>
    );
  }
  if (data !== undefined) return <SignIn ways={data.signIn} refused={data.refused ?? null} />;
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  return <Loading />;
}
