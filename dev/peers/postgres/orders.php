<?php
// The PHP peer over PostgreSQL: a cursor of the server, behind PHP's own web server.
//
//     DATABASE_URL=postgres://… php -S 127.0.0.1:8000 orders.php

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/ping') {
    header('Content-Type: text/plain');
    // An answer that ends with its connection isn't counted by autocannon.
    header('Content-Length: 4');
    echo 'pong';
    return;
}
if ($path !== '/orders.csv') {
    http_response_code(404);
    return;
}

const ROWS_AT_ONCE = 2000;

/** The text of a row as PostgreSQL writes it; fputcsv would quote every value with a space, too. */
function csv_line(array $row): string
{
    $line = implode(',', $row);
    // Most rows have nothing to quote, which two searches tell faster than ten.
    if (strpbrk($line, "\"\r\n") === false && substr_count($line, ',') === count($row) - 1) {
        return "$line\n";
    }
    foreach ($row as &$value) {
        if ($value !== null && strpbrk($value, ",\"\r\n") !== false) {
            $value = '"' . str_replace('"', '""', $value) . '"';
        }
    }
    return implode(',', $row) . "\n";
}

$count = (int) $_GET['rows'];
// PHP keeps nothing from one request to the next.
$database = pg_connect(getenv('DATABASE_URL'));
pg_query($database, 'BEGIN');
pg_query($database, "DECLARE orders CURSOR FOR SELECT * FROM orders LIMIT $count");

header('Content-Type: text/csv; charset=utf-8');
$out = fopen('php://output', 'w');
$has_header = false;
do {
    $page = pg_query($database, 'FETCH ' . ROWS_AT_ONCE . ' FROM orders');
    if (!$has_header) {
        $names = array_map(fn (int $index) => pg_field_name($page, $index), range(0, pg_num_fields($page) - 1));
        fwrite($out, csv_line($names));
        $has_header = true;
    }
    while (($row = pg_fetch_row($page)) !== false) {
        fwrite($out, csv_line($row));
    }
} while (pg_num_rows($page) === ROWS_AT_ONCE);
