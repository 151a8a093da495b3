// The Go peer over PostgreSQL: database/sql with lib/pq.
//
//	cp ../serve.go . && go build -o go-postgres-server serve.go go-server.go && ./go-postgres-server DATABASE_URL
package main

import (
	"database/sql"
	"encoding/csv"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	_ "github.com/lib/pq"
)

// writeOrders scans each row into typed values. A client that leaves ends it: the query has the request's context.
func writeOrders(r *http.Request, out *csv.Writer, database *sql.DB, count int) error {
	rows, err := database.QueryContext(r.Context(), "SELECT * FROM orders LIMIT $1", count)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	if err := out.Write(columns); err != nil {
		return err
	}
	var id, quantity int64
	var customer, email, price, status, region string
	var paid bool
	var createdAt time.Time
	var note sql.NullString
	record := make([]string, len(columns))
	for rows.Next() {
		err := rows.Scan(&id, &customer, &email, &quantity, &price, &paid, &createdAt, &note, &status, &region)
		if err != nil {
			return err
		}
		record[0] = strconv.FormatInt(id, 10)
		record[1] = customer
		record[2] = email
		record[3] = strconv.FormatInt(quantity, 10)
		record[4] = price
		record[5] = "f"
		if paid {
			record[5] = "t"
		}
		record[6] = createdAt.Format("2006-01-02 15:04:05")
		record[7] = note.String
		record[8] = status
		record[9] = region
		if err := out.Write(record); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func main() {
	database, err := sql.Open("postgres", os.Args[1]+"?sslmode=disable")
	if err != nil {
		log.Fatal(err)
	}
	serve(func(r *http.Request, out *csv.Writer, count int) error {
		return writeOrders(r, out, database, count)
	})
}
