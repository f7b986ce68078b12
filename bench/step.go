package main

// stepTemplate is a step of about 1.1 KB: id, project, webhook, time.
const stepTemplate = `{"id":%q,"projectId":%q,"workflowId":1,"tile":{"id":"7","type":"callWebhook"},"webhookId":%q,` +
	`"user":{"email":"test.user@example.com","userId":"u_8f3a91","profile":{"firstName":"Pat","lastName":"O'Brien & Sons","city":"San Francisco",` +
	`"state":"California","plan":"gold","age":34,"lifetimeValue":1289.5,"isVip":true,"phoneNumber":"+14155550123","locale":"en_US",` +
	`"signupDate":"2024-02-29T13:45:10Z","company":"Example Industries","address":{"street":"1 Main St","zip":"02139","geo":{"lat":42.36,"lng":-71.09}},` +
	`"favorites":["red","green","blue"],"interests":["running","cooking","travel","music"],"preferences":{"newsletter":true,"sms":false,"frequency":"weekly"}}},` +
	`"trigger":{"type":"purchase","dataFields":{"orderId":10045,"total":149.95,"currency":"USD","coupon":null,"items":[{"sku":"A-1","name":"Shoe","price":29.99,"qty":2},` +
	`{"sku":"B-2","name":"Hat","price":15,"qty":1},{"sku":"C-3","name":"Bag","price":89.97,"qty":1}]}},"reachedAt":%q}`
