<?php
// An export by PHP's own server, streamed: each page of rows is sent as soon as it is made.

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

if ($path === '/ping') {
    header('Content-Type: text/plain');
    echo 'pong';
    return;
}
if ($path !== '/orders.csv') {
    http_response_code(404);
    return;
}

header('Content-Type: text/csv; header=present');
$rows = (int) ($_GET['rows'] ?? 1000000);
$out = fopen('php://output', 'w');
fputcsv($out, ['id', 'customer', 'total', 'paid'], ',', '"', '');
for ($number = 1; $number <= $rows; $number++) {
    $row = [$number, 'Smith, ' . $number % 97, number_format($number / 4, 2, '.', ''), $number % 2 === 0 ? 'true' : 'false'];
    fputcsv($out, $row, ',', '"', '');
}
fclose($out);
