// The Go peer: net/http, encoding/csv and strconv, with one buffer of 64 KiB a response.
//
//	go build -o go-server go-server.go && ./go-server POOL.json
package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"net"
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
	http.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "pong")
	})
	http.HandleFunc("/orders.csv", func(w http.ResponseWriter, r *http.Request) {
		count, err := strconv.Atoi(r.URL.Query().Get("rows"))
		if err != nil {
			http.Error(w, "rows must be a whole number", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		// csv.NewWriter takes a bufio.Writer that is large enough as it is, so that nothing is buffered twice.
		_ = writeOrders(csv.NewWriter(bufio.NewWriterSize(w, 64*1024)), &pool, count)
	})
	port := os.Getenv("PORT")
	if port == "" {
		port = "0"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
