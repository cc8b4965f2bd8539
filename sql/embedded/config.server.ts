import { createHash } from 'node:crypto';

const MIB = 1024 * 1024;
/** merges under way at a time */
const MERGES = 8;

export interface EmbeddedConfig {
  readonly username: string;
  readonly password: string;
  /** told back by the server: proves that the socket is our child's */
  readonly nonce: string;
  readonly usersFile: string;
  /** of the machine or its container, bytes */
  readonly ramBytes: number;
  readonly cores: number;
}

/**
 * ClickHouse's server configuration for a small machine (2 cores, 2 GB and up).
 * The pools are small because every idle thread costs memory, the caches because the page cache does the same work.
 */
export function serverConfig({ nonce, usersFile, ramBytes, cores }: EmbeddedConfig): string {
  const memoryMax = Math.max(512 * MIB, Math.min(Math.floor(ramBytes / 2), 16 * 1024 * MIB));
  const mergingThreads = Math.max(1, Math.floor(cores / 2));
  return `<clickhouse>
  <users_config>${usersFile}</users_config>
  <macros><pulso_nonce>${nonce}</pulso_nonce></macros>
  <!-- below the 5 s after which shutdown gives up on open connections and skips closing the tables -->
  <keep_alive_timeout>3</keep_alive_timeout>
  <max_connections>256</max_connections>
  <max_concurrent_queries>64</max_concurrent_queries>
  <max_server_memory_usage>${memoryMax}</max_server_memory_usage>
  <mark_cache_size>${64 * MIB}</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_mark_cache_size>${16 * MIB}</index_mark_cache_size>
  <primary_index_cache_size>${64 * MIB}</primary_index_cache_size>
  <compiled_expression_cache_size>${16 * MIB}</compiled_expression_cache_size>
  <max_thread_pool_size>400</max_thread_pool_size>
  <thread_pool_queue_size>1000</thread_pool_queue_size>
  <!-- merges take turns, step by step, on half of the cores: four threads for them had both of two cores for themselves -->
  <background_pool_size>${mergingThreads}</background_pool_size>
  <background_merges_mutations_concurrency_ratio>${Math.max(2, Math.ceil(MERGES / mergingThreads))}</background_merges_mutations_concurrency_ratio>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_buffer_flush_schedule_pool_size>1</background_buffer_flush_schedule_pool_size>
  <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
  <background_schedule_pool_size>8</background_schedule_pool_size>
  <background_distributed_schedule_pool_size>2</background_distributed_schedule_pool_size>
  <merge_tree>
    <!-- Each batch adds a part to a dozen tables, many a second. By default five small parts are worth a merge, and a merge may take the
         large part beside them: tables were rewritten for every few batches, which took one of two cores. -->
    <merge_selector_base>12</merge_selector_base>
    <merge_selector_enable_heuristic_to_remove_small_parts_at_right>0</merge_selector_enable_heuristic_to_remove_small_parts_at_right>
    <!-- inserts are not synced one by one: the journal keeps them until SYSTEM SYNC FILE CACHE has put everything on disk -->
    <!-- both must stay below background_pool_size × ratio -->
    <number_of_free_entries_in_pool_to_execute_mutation>4</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>4</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>4</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
`;
}

/**
 * Two users. `default` is who types at the server's own prompt: it needs no password there and so may do nothing but open
 * the port (a password on it shuts the process out of itself). Everyone else comes as the user with the generated password.
 */
export function usersConfig({ username, password }: EmbeddedConfig): string {
  const hash = createHash('sha256').update(password).digest('hex');
  return `<clickhouse>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users>
    <default>
      <no_password/>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants>
    </default>
    <${username}>
      <password_sha256_hex>${hash}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT ALL ON *.*</query></grants>
    </${username}>
  </users>
</clickhouse>
`;
}
