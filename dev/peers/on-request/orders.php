<?php
// The PHP peer: fputcsv into the output, behind PHP's own web server.
//
//     POOL=POOL.json php -S 127.0.0.1:8000 orders.php

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

const FIRST_ORDER = 1577836800;
const SIX_YEARS = 6 * 365 * 86400;
const COLUMNS = ['id', 'customer', 'email', 'quantity', 'price', 'paid', 'created_at', 'note', 'status', 'region'];

// PHP keeps nothing from one request to the next.
$pool = json_decode(file_get_contents(getenv('POOL')), true);
['customers' => $customers, 'notes' => $notes, 'statuses' => $statuses, 'regions' => $regions] = $pool;
$count = (int) $_GET['rows'];

mt_srand(1);
header('Content-Type: text/csv; charset=utf-8');
$out = fopen('php://output', 'w');
fputcsv($out, COLUMNS, escape: '');
for ($id = 1; $id <= $count; $id++) {
    [$name, $email] = $customers[mt_rand(0, count($customers) - 1)];
    $cents = mt_rand(0, mt_rand(0, 15) === 0 ? 92_000_000 : 20_000);
    fputcsv($out, [
        $id,
        $name,
        $email,
        mt_rand(1, mt_rand(0, 7) === 0 ? 250 : 9),
        number_format((mt_rand(0, 31) === 0 ? -$cents : $cents) / 100, 2, '.', ''),
        mt_rand(0, 99) < 70 ? 'true' : 'false',
        gmdate('Y-m-d\TH:i:s', FIRST_ORDER + mt_rand(0, SIX_YEARS)) . sprintf('.%03dZ', mt_rand(0, 999)),
        $notes[mt_rand(0, count($notes) - 1)],
        $statuses[mt_rand(0, count($statuses) - 1)],
        $regions[mt_rand(0, count($regions) - 1)],
    ], escape: '');
}
