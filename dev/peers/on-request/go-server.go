// The Go peer: rows by strconv and math/rand.
//
//	cp ../serve.go . && go build -o go-server serve.go go-server.go && ./go-server POOL.json
package main

import (
	"encoding/csv"
	"encoding/json"
	"log"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"time"
)

type wordPool struct {
	Customers [][2]string
	Notes     []*string
	Statuses  []string
	Regions   []string
}

var columns = []string{"id", "customer", "email", "quantity", "price", "paid", "created_at", "note", "status", "region"}

var firstOrder = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

const sixYears = int64(6 * 365 * 86_400_000)

func readPool(path string) (pool wordPool, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &pool)
	}
	return pool, err
}

// writeOrders makes the same rows at every request. A client that leaves ends it with the writer's error.
func writeOrders(out *csv.Writer, pool *wordPool, count int) error {
	if err := out.Write(columns); err != nil {
		return err
	}
	random := rand.New(rand.NewSource(1))
	// Write keeps nothing of a record, so one slice serves all rows.
	row := make([]string, len(columns))
	for id := 1; id <= count; id++ {
		customer := &pool.Customers[random.Intn(len(pool.Customers))]
		mostQuantity := 9
		if random.Intn(8) == 0 {
			mostQuantity = 250
		}
		mostCents := 20_000
		if random.Intn(16) == 0 {
			mostCents = 92_000_000
		}
		cents := random.Intn(mostCents)
		if random.Intn(32) == 0 {
			cents = -cents
		}
		row[0] = strconv.Itoa(id)
		row[1] = customer[0]
		row[2] = customer[1]
		row[3] = strconv.Itoa(1 + random.Intn(mostQuantity))
		row[4] = strconv.FormatFloat(float64(cents)/100, 'f', 2, 64)
		row[5] = strconv.FormatBool(random.Intn(100) < 70)
		row[6] = time.UnixMilli(firstOrder + random.Int63n(sixYears)).UTC().Format("2006-01-02T15:04:05.000Z")
		row[7] = ""
		if note := pool.Notes[random.Intn(len(pool.Notes))]; note != nil {
			row[7] = *note
		}
		row[8] = pool.Statuses[random.Intn(len(pool.Statuses))]
		row[9] = pool.Regions[random.Intn(len(pool.Regions))]
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func main() {
	pool, err := readPool(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	serve(func(_ *http.Request, out *csv.Writer, count int) error {
		return writeOrders(out, &pool, count)
	})
}
