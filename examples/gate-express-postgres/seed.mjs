// Fills the table that the export reads; does nothing when it is there.
import { Client } from "pg";

const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query(`
  CREATE TABLE IF NOT EXISTS orders (id integer PRIMARY KEY, customer text, total numeric(10, 2), paid boolean);
  INSERT INTO orders
  SELECT id, 'Smith, ' || id % 97, id / 4.0, id % 2 = 0 FROM generate_series(1, 200000) AS id
  ON CONFLICT DO NOTHING;
`);
await client.end();
